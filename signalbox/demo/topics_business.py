"""Tickets about business applications: finance, people, sales and data."""

from __future__ import annotations

from signalbox.demo.topics import Topic

TOPICS = (
    Topic(
        "invoices", "finance-apps", "Ledgerwell", 3.4,
        (
            (
                "invoice {invoice} [cannot be posted|is stuck in approval|shows the wrong tax] "
                "[in Ledgerwell|{since}]"
            ),
            "Ledgerwell [posting run|payment run] [{broken}|stopped at {clock}]",
            (
                "[supplier|vendor] [{customer}|bank details] [cannot be changed|is missing] in "
                "Ledgerwell"
            ),
            "[duplicate|wrong] payment of {amount} for {invoice}",
            "[cost centre|account|tax code] [is locked|is not offered] when booking {invoice}",
        ),
    ),
    Topic(
        "closing", "finance-apps", "Ledgerwell", 2.0,
        (
            (
                "[{month} closing|period {month}] [cannot be closed|is blocked|shows a "
                "difference of {amount}]"
            ),
            "[balance|trial balance] [does not match|is off by {amount}] in {month}",
            "[exchange rates|dunning letters] for {month} [are missing|were sent twice]",
        ),
    ),
    Topic(
        "expenses", "finance-apps", "Tallyo", 2.0,
        (
            "expense claim of {amount} [is stuck|was rejected|{broken}] [in Tallyo|{since}]",
            "[receipt|hotel bill|train ticket] [cannot be uploaded|is unreadable] in Tallyo",
            "[travel costs|mileage|per diem] for {month} [are not paid|are wrong][, {amount}|]",
            "[approver|cost centre] for my [expenses|travel claim] is wrong",
        ),
        moves_to="hr-apps", surge=3.2,
        new_lines=(
            "Kestrel [app|] [{broken}|rejects my receipt photo|does not scan receipts] {since}",
            "[trip|travel claim] from Tallyo is [missing|not shown] in Kestrel",
            "how do I [hand in|submit] [mileage|a hotel bill] in Kestrel?",
            "Kestrel shows [the wrong approver|no per diem|{amount} twice]",
        ),
    ),
    Topic(
        "payroll", "hr-apps", "Peoplebook", 2.6,
        (
            "[payslip|salary statement] for {month} [is missing|is wrong|cannot be opened]",
            "[salary|bonus|overtime] [of {amount}|for {month}] [was not paid|is wrong]",
            "[bank account|tax class|address] change [is not saved|{broken}] in Peoplebook",
        ),
    ),
    Topic(
        "time-leave", "hr-apps", "Peoplebook", 3.0,
        (
            (
                "[leave|holiday|sick note] [request|entry] [for {month}|on {day}] [is not "
                "shown|{broken}|waits for {person}]"
            ),
            "[clock-in|time stamp] [at {clock}|on {day}] is missing [in Peoplebook|]",
            "Peoplebook {broken} [when I enter my hours|{since}]",
            "[remaining leave|flexitime balance] [is wrong|shows {minutes} days]",
        ),
    ),
    Topic(
        "training", "hr-apps", "Peoplebook", 1.4,
        (
            (
                "[safety|compliance] training [cannot be started|is not marked done|{broken}] "
                "[for {person}|]"
            ),
            "[appraisal|goals] form for {person} [is locked|{broken}]",
            "job advert [is not online|shows the wrong site] [{since}|]",
        ),
    ),
    Topic(
        "crm", "sales-apps", "Bramble", 3.2,
        (
            "Bramble [{broken}|does not save the offer] [for {customer}|{since}]",
            "{customer} [appears twice|has the wrong address|cannot be merged] [in Bramble|]",
            (
                "[opportunity|offer|quote] for {customer} [has vanished|shows {amount} instead "
                "of nothing|is locked by {person}]"
            ),
            "[pipeline|forecast] for {month} [is empty|counts twice] in Bramble",
        ),
    ),
    Topic(
        "webshop", "sales-apps", "Storefront", 2.8,
        (
            "[customer|{customer}] cannot [pay|check out|log in] in the [webshop|Storefront]",
            "Storefront shows [the wrong price|no stock|an old picture] for article {invoice}",
            "[discount code|voucher|basket] {broken} [in the webshop|{since}]",
            "web {order} [was charged twice|has no confirmation|never reached the warehouse]",
        ),
    ),
    Topic(
        "reports", "data-platform", "Lumen", 3.0,
        (
            "Lumen [dashboard|report] [for {month}|] [is empty|{broken}|shows old figures]",
            "[figures|revenue|headcount] in Lumen [do not match|differ by {amount}] [for {month}|]",
            "[nightly load|data refresh] [failed|{broken}] [on {host}|at {clock}]",
            "please add [a filter|a column|the region {site}] to the [sales|stock|cost] report",
        ),
    ),
    Topic(
        "databases", "data-platform", "Warehouse", 2.2,
        (
            "query on {host} [times out|takes {minutes} minutes|{broken}]",
            "[table|schema|view] [is missing|is locked|needs a new column] on {host}",
            "[restore|backup] of {host} [from {day}|] [needed|failed]",
            "[disk|table space] full on {host}",
        ),
    ),
    Topic(
        "app-crash", "finance-apps", "Ledgerwell", 1.0,
        (
            (
                "[invoice app|Ledgerwell client|booking program] [crashes|freezes|closes] [on "
                "{asset}|on start|{since}]"
            ),
            "[invoice app|Ledgerwell] [does not start|will not open] on {asset}",
        ),
        rival="workplace", rival_share=0.45,
    ),
    Topic(
        "finance-report", "data-platform", "Lumen", 0.9,
        (
            (
                "[cost report|revenue report|{month} figures] [is wrong|do not match|is off by "
                "{amount}]"
            ),
            (
                "numbers for {month} [differ|are missing] [between Lumen and Ledgerwell|in the "
                "cost report]"
            ),
        ),
        rival="finance-apps", rival_share=0.45,
    ),
    Topic(
        "sales-report", "sales-apps", "Bramble", 0.6,
        (
            "sales [figures|numbers] for {month} [look wrong|are missing|differ by {amount}]",
            "export of [customers|offers] [is empty|{broken}] [{since}|]",
        ),
        rival="data-platform", rival_share=0.45,
    ),
)  # fmt: skip
