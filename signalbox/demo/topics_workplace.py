"""Tickets about the desk itself: devices, printing, mail, rooms and orders."""

from __future__ import annotations

from signalbox.demo.topics import Topic

TOPICS = (
    Topic(
        "laptop", "workplace", "Laptop", 4.0,
        (
            (
                "[laptop|notebook|computer] {asset} [{broken}|does not start|will not "
                "charge|overheats]"
            ),
            "[blue screen|black screen] on {asset} [{since}|after login|with {code}]",
            "[battery|keyboard|touchpad|fan] of my [laptop|notebook] [{broken}|is worn out]",
            "[PC|{asset}] takes {minutes} minutes to [start|boot] {since}",
        ),
    ),
    Topic(
        "docking", "workplace", "Laptop", 2.4,
        (
            (
                "[second screen|monitor|display] [stays dark|flickers|is not found] [at the "
                "dock|on {asset}|]"
            ),
            "docking station [loses the mouse|{broken}] {since}",
            "[headset|webcam|mouse|keyboard] [{broken}|is not recognised] [on {asset}|]",
        ),
    ),
    Topic(
        "software", "workplace", "Software centre", 2.8,
        (
            (
                "please install [the PDF editor|the drawing tool|a newer browser|the label "
                "software] on {asset}"
            ),
            (
                "[update|patch] [hangs at {minutes} percent|fails with {code}|reboots in a "
                "loop] on {asset}"
            ),
            "[office suite|spreadsheet program|browser] {broken} {since}",
            "[software centre|app store] [shows nothing|{broken}]",
        ),
    ),
    Topic(
        "print", "printing", "Printhub", 3.2,
        (
            "{printer} [on the {floor}|] [jams|prints blank pages|prints stripes|{broken}]",
            "[print job|document] [stays|is stuck] in the queue [of {printer}|{since}]",
            "[toner|staples|drum] [empty|low] at {printer}[, {floor}|]",
            (
                "[cannot|unable to] print [labels|in colour|both sides] [from Ledgerwell|on "
                "{printer}|{since}]"
            ),
        ),
    ),
    Topic(
        "scan", "printing", "Printhub", 1.8,
        (
            "scan to [mail|folder] [{broken}|never arrives] [from {printer}|{since}]",
            "scanner [at {printer}|on the {floor}] [cuts off pages|makes grey lines|{broken}]",
            "badge release at {printer} [{broken}|does not know me]",
        ),
    ),
    Topic(
        "mailbox", "messaging", "Outpost", 3.4,
        (
            "[Outpost|mailbox|my mail] [{broken}|is full|does not sync] [on the phone|{since}|]",
            "[cannot|unable to] [send|receive] mail [to {customer}|{since}|with attachments]",
            "please [create|open] a shared mailbox for [the {month} campaign|{site}|our team]",
            "[calendar|appointments] of {person} [is not visible|shows wrong times|shows twice]",
            "[out of office|signature|distribution list] [needs changing|{broken}]",
        ),
    ),
    Topic(
        "chat", "messaging", "Relay", 2.4,
        (
            "Relay [chat|channel] [{broken}|does not load|shows no messages] {since}",
            "[no sound|no video|echo] in Relay meetings [on {asset}|with {customer}|]",
            "please add [{person}|guests] to the Relay [channel|team] [for {site}|]",
            "[screen sharing|recording] in Relay {broken}",
        ),
    ),
    Topic(
        "rooms", "facilities", "Room booking", 2.4,
        (
            "[projector|big screen|beamer] in room {room} {broken}",
            "room {room} is [double booked|booked by nobody|locked] [at {clock}|{day}]",
            "[air conditioning|heating|light] in {room} [is too cold|{broken}|makes noise]",
            "need [chairs|a table|a flip chart] [in room {room}|for {day}]",
        ),
    ),
    Topic(
        "badge", "facilities", "Door badge", 2.2,
        (
            (
                "[badge|door card] [does not open|is refused at] [the gate|the {floor} "
                "door|the parking barrier]"
            ),
            "[new|replacement] badge for [{person}|{staff}] [from {day}|]",
            "[parking|locker|bike cellar] [permit|access] for {person}",
            "[lift|front door|turnstile] at {site} {broken}",
        ),
    ),
    Topic(
        "hardware-order", "procurement", "Order desk", 2.8,
        (
            (
                "[please order|we need|requesting a quote for] [a laptop|{count} monitors|a "
                "headset|{count} docking stations] for [{person}|{site}]"
            ),
            "where is {order}[, it was due {day}|, the supplier says shipped|]?",
            "[wrong|damaged] [goods|delivery] for {order}, [please return|what to do]",
            "cost centre for {order} [is wrong|has changed]",
        ),
    ),
    Topic(
        "licences", "procurement", "Order desk", 1.9,
        (
            (
                "licence for [the PDF editor|the drawing tool|Bramble|Lumen] [expires "
                "{day}|has run out]"
            ),
            (
                "need {count} more [seats|licences] of [the drawing tool|Lumen|Bramble] [from "
                "{month}|]"
            ),
            (
                "[renewal|contract] with [the supplier|our vendor] for {month} needs "
                "[approval|a signature]"
            ),
        ),
    ),
    Topic(
        "new-laptop", "workplace", "Laptop", 0.8,
        (
            "[my laptop|{asset}] is {count} years old, [can I get a new one|needs replacing]",
            "replacement for [{asset}|a broken notebook|my old phone] [please|needed by {day}|]",
        ),
        rival="procurement", rival_share=0.5,
    ),
    Topic(
        "room-video", "facilities", "Room booking", 0.8,
        (
            "[video|conference] [system|call] in room {room} {broken}",
            "[no picture|no sound] in the meeting room {room} [{since}|at {clock}]",
        ),
        rival="messaging", rival_share=0.45,
    ),
    Topic(
        "print-network", "printing", "Printhub", 0.6,
        (
            "{printer} is offline [{since}|for the whole {floor}|]",
            "printer on the {floor} cannot be [reached|found] [{since}|]",
        ),
        rival="network", rival_share=0.4,
    ),
)  # fmt: skip
