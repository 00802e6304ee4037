"""What surrounds the matter itself: greetings, pressure, context, thanks, in several languages."""

from __future__ import annotations

OPENINGS = (
    "Hi,", "Hello,", "Hello team,", "Dear service desk,", "Hi all,", "Good morning,", "Hey,",
    "Dear colleagues,", "Morning!", "Hi there,", "Guten Tag,", "Hallo zusammen,", "Moin,",
    "Bonjour,", "Bonjour à tous,", "Buenos días,", "Hola,", "Buongiorno,", "Olá,", "Goedemorgen,",
    "Dzień dobry,", "Merhaba,", "To whom it may concern,", "{person} here,",
    "I am writing on behalf of {person}.", "Sorry to bother you,",
)  # fmt: skip

CONTEXT = (
    "I already [restarted|rebooted] [the laptop|everything|twice].",
    "[{person}|A colleague] at {site} has the same [problem|issue].",
    "It worked fine [until {day}|last week|before the update].",
    "I have a [customer meeting|deadline|board meeting] at {clock}.",
    "[A screenshot|The log] is attached.",
    "[Wifi|The VPN|Mail|The printer|My password] is fine, I checked.",
    "It says {code}.",
    "The machine is {asset}.",
    "You can reach me [by phone|in Relay|by mail] [after {clock}|until {clock}|].",
    "[We|The whole team] cannot work [like this|].",
    "Last time [{person}|you|someone from your team] fixed it in {minutes} minutes.",
    "I [tried|followed] the steps on the intranet, [no luck|no change].",
    "It also happened [on {day}|at {site}|to {person}].",
    "My manager {person} [is in copy|has approved it|knows about it].",
    "This is about [cost centre {staff}|{site}], not about me.",
    "I am [working from home|at {site}|travelling] [this week|until {day}].",
)  # fmt: skip

PRESSURE = (
    "[Please help|Can you help|Could you look into this|Please have a look]?",
    "[URGENT|urgent|asap please|as soon as possible]!",
    "[No hurry|Not urgent], whenever you have time.",
    "[This is|It is] the third time [this month|I report it].",
    "Need this [by {day}|before {clock}].",
    "Would you be so kind as to [check|look]?",
    "[Kindly|Please] do the needful [today|].",
    "Any [idea|news|update]?",
)  # fmt: skip

CLOSINGS = (
    "Thanks, {person}", "Thank you", "Many thanks, {person}", "Best regards, {person}",
    "BR {person}",
    "Cheers", "Kind regards", "thx", "Regards, {person}, {staff}", "Danke und Gruß, {person}",
    "Mit freundlichen Grüßen, {person}", "Viele Grüße", "Merci d'avance, {person}", "Cordialement",
    "Gracias y saludos, {person}", "Un saludo", "Grazie mille", "Obrigado, {person}",
    "Met vriendelijke groet, {person}", "Pozdrawiam, {person}", "Teşekkürler", "Sent from my phone",
)  # fmt: skip

# What a hurried caller writes when the matter is left for the form fields to say.
VAGUE = (
    "[it|this] {broken} {since}",
    "[same|the same] [problem|issue|error] [as {day}|again|as last time][, please fix|]",
    "[the system|the application|the page|the program|everything] {broken}",
    "[error|error message|{code}] [when I save|when I start|on my screen] [{since}|]",
    "[cannot|can't|unable to] [work|log in|get in|open it|save] {since}",
    "[see attachment|see screenshot][, {code}|, it {broken}|]",
    (
        "[please call me|call back please] [about {order}|about my account|about the request "
        "of {day}|]"
    ),
    "[request|question] [from {person}|for {site}|about access]",
)  # fmt: skip
