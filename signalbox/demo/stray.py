"""Mail that reaches the desk and is nobody's work."""

from __future__ import annotations

STRAY = (
    (
        "[Boost|Double|Triple] your [revenue|leads|followers] with our [amazing|award-winning] "
        "[platform|growth kit], book a call [on {day}|]"
    ),
    (
        "[Exclusive|Limited] offer: [{minutes} percent off|two for one] [garden "
        "furniture|vitamins|running shoes] only until {day}"
    ),
    (
        "We are a leading maker of [steel tubes|rubber seals|paper bags] and would love to "
        "[meet|partner with] you"
    ),
    (
        "[Canteen|Lunch menu] for {day}: [lentil soup|pumpkin curry|fish and potatoes|pasta "
        "bake], [apple pie|rice pudding] for dessert"
    ),
    "[Cake|Croissants|Fruit] in the kitchen on the {floor}, it is my birthday!",
    "Happy [birthday|anniversary|retirement] dear {person}, [all the best|enjoy the party]!",
    (
        "[Thanks a lot|Thank you so much|Great job], [that was quick|you saved my day|you are "
        "the best]!"
    ),
    "[Many thanks|Thanks] {person}, [all good now|have a nice weekend|I owe you a coffee]",
    (
        "[Newsletter|Digest] {month}: [our summer party|charity run results|new faces|a word "
        "from the board]"
    ),
    "[Are you|Is anyone] free for [tennis|a beer|a walk|football] [on {day}|after work]?",
    "Mum, I will [be late|pick up the kids|bring bread] [on {day}|at {clock}]",
    (
        "[Found|Lost]: [a red umbrella|one glove|a child's scarf|reading glasses] near [the "
        "canteen|{site}]"
    ),
    (
        "[Selling|Giving away] [two concert tickets|a sofa|kittens|a bicycle], [{amount}|make "
        "me an offer], ask {person}"
    ),
    (
        "[Webinar|Conference] invitation: [the future of logistics|leadership in stormy "
        "times|mindful mornings], {day} at {clock}"
    ),
    (
        "Dear friend, I am the [widow|lawyer] of a [rich banker|prince] and wish to share "
        "{amount} million"
    ),
    (
        "[Choir|Yoga|Chess club] [rehearsal|meets] {day} at {clock}, [newcomers welcome|bring "
        "a friend]"
    ),
    (
        "[Survey|Student thesis]: [how do you feel about|what do you think of] [remote "
        "work|cycling to work|plant diets]?"
    ),
    "[Train strike|Snow|Road works] [on {day}|this week], please allow for [delays|a longer way]",
)  # fmt: skip
