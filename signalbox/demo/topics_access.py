"""Tickets about getting in: identity, network and security."""

from __future__ import annotations

from signalbox.demo.topics import Topic

TOPICS = (
    Topic(
        "password", "identity", "Gatekey", 4.0,
        (
            (
                "[My|The] password [has expired|expired|no longer works] and [the reset "
                "link|Gatekey] [never arrives|{broken}]"
            ),
            (
                "[locked out|I am locked out] of my account [after {count} attempts|{since}], "
                "please unlock"
            ),
            "[please reset|need a reset of] the password for {staff}[, {person}|]",
            (
                "Gatekey says [wrong password|account disabled] [{since}|at {clock}] [although "
                "I typed it right|]"
            ),
            (
                "new password [is not accepted|does not meet the rules] [on {asset}|on the "
                "sign-in page|]"
            ),
        ),
    ),
    Topic(
        "second-factor", "identity", "Gatekey", 2.5,
        (
            "[authenticator|second factor|MFA] code [is rejected|never comes|{broken}] [{since}|]",
            "new phone, [need to move|how do I move] the authenticator [over|to it]",
            "[no|I get no] push [message|prompt] when [signing in|logging on] [from {site}|]",
            "one-time code by text message [arrives too late|never arrives], cannot sign in",
        ),
    ),
    Topic(
        "permissions", "identity", "Gatekey", 3.0,
        (
            (
                "[need|please give me|requesting] access to the [{month} folder|shared drive "
                "of the team|group folder] [for {person}|]"
            ),
            (
                "[{person}|a colleague] changed department, [roles|rights|permissions] [should "
                "be moved|are still the old ones]"
            ),
            "[access denied|permission denied] when opening the [project|team] folder [{since}|]",
            (
                "please add {staff} to the [approvers|readers|editors] group [for "
                "Ledgerwell|for Bramble|]"
            ),
            "role for [{person}|{staff}] is missing [in Ledgerwell|in Peoplebook|in Bramble|]",
        ),
    ),
    Topic(
        "joiner-leaver", "identity", "Gatekey", 2.0,
        (
            "new [starter|colleague] {person} begins {day}, [account|user id] needed",
            "[{person}|{staff}] leaves us [on {day}|end of {month}], please close the account",
            "[temporary|guest] account for [an auditor|a contractor|an intern] until {month}",
        ),
    ),
    Topic(
        "vpn", "network", "Tunnelgate", 3.5,
        (
            (
                "[VPN|Tunnelgate] [drops|disconnects|is cut off] every {minutes} minutes [from "
                "home|in the train|]"
            ),
            "Tunnelgate [cannot reach the gateway|times out at {clock}|{broken}]",
            "[very slow|no] [VPN tunnel|remote connection] {since}[, {code}|]",
            "connected to VPN but [no internal site loads|{host} cannot be reached|DNS fails]",
        ),
    ),
    Topic(
        "wifi-lan", "network", "Office network", 4.0,
        (
            "[WiFi|wireless|WLAN] [is gone|{broken}|is weak] on the {floor} [of {site}|]",
            "no [network|link|internet] on {port} [in room {room}|at my desk|] {since}",
            "[whole|half of the] {floor} is [offline|without network] {since}",
            "[ping|traffic] to {host} loses packets[, {minutes} percent|]",
            "[cable|network socket] at my desk is dead, [{port}|{room}]",
        ),
    ),
    Topic(
        "firewall", "network", "Office network", 1.8,
        (
            "please open [the firewall|the port] from {site} to {host}",
            (
                "[partner|supplier] site is blocked by the proxy, [need it for {order}|needed "
                "by {day}|{code}]"
            ),
            "new [switch|access point|line] needed at {site}",
        ),
    ),
    Topic(
        "telephony", "network", "Deskphone", 1.6,
        (
            "desk phone [has no dial tone|{broken}|shows no line] [{since}|in {room}]",
            (
                "[calls|incoming calls] to extension {minutes}{count} [are cut off|do not "
                "ring|go to the wrong person]"
            ),
            "[voicemail|call forwarding] [{broken}|needs to be set to {person}]",
            "please [move|set up] [my extension|a phone number] [for {person}|to {site}]",
        ),
        moves_to="messaging", surge=3.2,
        new_lines=(
            "Larkline [softphone|calling] [{broken}|rings on the old phone only] {since}",
            "no [headset|sound] in Larkline [calls|] [on {asset}|{since}]",
            "my number was not [moved|ported] to Larkline [with wave {count}|]",
            "[voicemail|call forwarding] is missing [in|since the switch to] Larkline",
        ),
    ),
    Topic(
        "phishing", "security", "Mail shield", 2.6,
        (
            (
                "[suspicious|strange|dubious] mail [asking for|that wants] my [password|bank "
                "details|one-time code]"
            ),
            "I [clicked|may have clicked] a link in a [fake|phishing] mail at {clock}[, what now|]",
            (
                "[is this|could this be] phishing? the sender claims to be [{person}|the "
                "bank|our director]"
            ),
            (
                "[several of us|half the team] got a mail with an [odd attachment|invoice we "
                "never ordered]"
            ),
        ),
    ),
    Topic(
        "malware", "security", "Endpoint guard", 1.8,
        (
            "virus [warning|alert] on {asset} [at {clock}|{since}]",
            (
                "Endpoint guard [blocks|quarantined] [a file|my macro|an installer] [I need "
                "for {order}|]"
            ),
            "[pop-ups|strange windows] [open|appear] by themselves on {asset}",
            (
                "sign-in from [an unknown country|a device that is not mine] reported [at "
                "{clock}|{day}]"
            ),
        ),
    ),
    Topic(
        "lost-device", "security", "Endpoint guard", 1.3,
        (
            (
                "[laptop|work phone|phone] was [stolen|lost] [in the train|at the airport|at "
                "{site}][, {asset}|]"
            ),
            (
                "I [left|lost] my [badge and laptop|bag with {asset}] [{day}|yesterday], "
                "please wipe it"
            ),
            "usb stick with [customer|personal] data is missing",
        ),
    ),
    Topic(
        "vpn-login", "network", "Tunnelgate", 1.2,
        (
            "cannot [log in|log on|sign in] to [VPN|Tunnelgate] [{since}|from home|]",
            "[VPN|Tunnelgate] login [fails|{broken}] [with {code}|{since}|]",
            "remote access [refuses|does not take] my [login|user name] [{since}|]",
        ),
        rival="identity", rival_share=0.45,
    ),
    Topic(
        "blocked-mail", "security", "Mail shield", 0.8,
        (
            (
                "mail from [a customer|a supplier|{person}] is [held back|in "
                "quarantine|blocked] [{since}|]"
            ),
            "[attachment|message] was removed from a mail [I need|by the filter] [{day}|{code}|]",
        ),
        rival="messaging", rival_share=0.45,
    ),
)  # fmt: skip
