"""The questionnaires as data: what is asked, in which order, with which answers. Pure: no Django.

Ranges, bands, codes and the rules of change are domain.md section 5, tags there. PHQ-9 and GAD-7 need no
permission and PCL-5 is not copyrighted, so their items stand here. HIT-6 and MIDAS are somebody's: of these
only the total is kept, read from the clinic's own licensed form. What answers come to is in `scoring`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

LOINC: Final = "http://loinc.org"


@dataclass(frozen=True)
class Choice:
    """One possible answer. `code` is its LOINC answer code where the domain reference gives one."""

    value: int
    label: str
    code: str = ""


@dataclass(frozen=True)
class Item:
    text: str
    loinc: str = ""


@dataclass(frozen=True)
class Beside:
    """A question beside the items, with choices of its own: kept and shown, and in no total. It is asked when
    an item was answered above its lowest, and nobody need answer it."""

    text: str
    choices: tuple[Choice, ...]
    loinc: str = ""


@dataclass(frozen=True)
class Band:
    """The scores from `low` up to the next band's."""

    low: int
    label: str


@dataclass(frozen=True)
class Step:
    """A change for the better that is known to mean something: so many points, or percent of the baseline."""

    label: str
    points: int = 0
    percent: int = 0


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """`better` says which way scores improve. Of one that isn't `scored` each item stands alone.
    `prorate_up_to` is how many missing items may be made up for when somebody chooses to.

    `response` is the rule by which a patient has responded: at least half gone ("half"), so many points
    ("points"), or an answer that tells the change itself and reaches `response_from` ("reached"; below
    `worse_below` it says worse); empty where the domain reference gives none. `steps` are the changes that it
    gives a name, the smallest first.
    """

    code: str
    version: str
    title: str
    stem: str
    items: tuple[Item, ...]
    choices: tuple[Choice, ...] = ()
    low: int = 0
    high: int = 0
    bands: tuple[Band, ...] = ()
    panel_loinc: str = ""
    total_loinc: str = ""
    lookback_days: int = 0
    prorate_up_to: int = 0
    response: str = ""
    response_points: int = 0
    response_from: int = 0
    worse_below: int = 0
    remission_below: int | None = None
    remission_from: int = 0
    safety_item: int | None = None
    better: str = "lower"
    scored: bool = True
    steps: tuple[Step, ...] = ()
    beside: Beside | None = None

    @property
    def beside_item(self) -> int | None:
        """The number under which the answer to the question beside the items is kept: after theirs."""
        return len(self.items) + 1 if self.beside else None

    @property
    def lowest_answer(self) -> int:
        return self.choices[0].value if self.choices else self.low

    @property
    def highest_answer(self) -> int:
        return self.choices[-1].value if self.choices else self.high


# domain.md 5: LA codes [V:U,P].
FREQUENCY: Final = (
    Choice(0, "Not at all", "LA6568-5"),
    Choice(1, "Several days", "LA6569-3"),
    Choice(2, "More than half the days", "LA6570-1"),
    Choice(3, "Nearly every day", "LA6571-9"),
)
INTENSITY: Final = (
    Choice(0, "Not at all"),
    Choice(1, "A little bit"),
    Choice(2, "Moderately"),
    Choice(3, "Quite a bit"),
    Choice(4, "Extremely"),
)

# domain.md 5, "difficulty"; it gives no codes of its answers.
DIFFICULTY: Final = Beside(
    "How difficult have these problems made it for you to do your work, take care of things at home, or get"
    " along with other people?",
    (
        Choice(0, "Not difficult at all"),
        Choice(1, "Somewhat difficult"),
        Choice(2, "Very difficult"),
        Choice(3, "Extremely difficult"),
    ),
    "69722-7",
)

PHQ_9: Final = Instrument(
    code="phq-9",
    version="1",
    title="PHQ-9",
    stem="Over the last 2 weeks, how often have you been bothered by any of the following problems?",
    items=(
        Item("Little interest or pleasure in doing things", "44250-9"),
        Item("Feeling down, depressed, or hopeless", "44255-8"),
        Item("Trouble falling or staying asleep, or sleeping too much", "44259-0"),
        Item("Feeling tired or having little energy", "44254-1"),
        Item("Poor appetite or overeating", "44251-7"),
        Item(
            "Feeling bad about yourself, or that you are a failure or have let yourself or your family down",
            "44258-2",
        ),
        Item(
            "Trouble concentrating on things, such as reading the newspaper or watching television", "44252-5"
        ),
        Item(
            "Moving or speaking so slowly that other people could have noticed. Or the opposite: being so"
            " fidgety or restless that you have been moving around a lot more than usual",
            "44253-3",
        ),
        Item("Thoughts that you would be better off dead, or of hurting yourself in some way", "44260-8"),
    ),
    choices=FREQUENCY,
    high=27,
    bands=(
        Band(0, "Minimal"),
        Band(5, "Mild"),
        Band(10, "Moderate"),
        Band(15, "Moderately severe"),
        Band(20, "Severe"),
    ),
    panel_loinc="44249-1",
    total_loinc="44261-6",
    lookback_days=14,
    prorate_up_to=2,
    response="half",
    remission_below=5,
    remission_from=10,
    safety_item=9,
    steps=(Step("5 points or more less: a meaningful change", points=5),),  # [G]
    beside=DIFFICULTY,
)
GAD_7: Final = Instrument(
    code="gad-7",
    version="1",
    title="GAD-7",
    stem="Over the last 2 weeks, how often have you been bothered by the following problems?",
    items=(
        Item("Feeling nervous, anxious, or on edge", "69725-0"),
        Item("Not being able to stop or control worrying", "68509-9"),
        Item("Worrying too much about different things", "69733-4"),
        Item("Trouble relaxing", "69734-2"),
        Item("Being so restless that it is hard to sit still", "69735-9"),
        Item("Becoming easily annoyed or irritable", "69689-8"),
        Item("Feeling afraid, as if something awful might happen", "69736-7"),
    ),
    choices=FREQUENCY,
    high=21,
    bands=(Band(0, "Minimal"), Band(5, "Mild"), Band(10, "Moderate"), Band(15, "Severe")),
    panel_loinc="69737-5",
    total_loinc="70274-6",
    lookback_days=14,
    prorate_up_to=2,
    response="half",
    steps=(Step("4 points or more less: a meaningful change", points=4),),  # [G]
)
PCL_5: Final = Instrument(
    code="pcl-5",
    version="1",
    title="PCL-5",
    stem="In the past month, how much were you bothered by:",
    items=tuple(
        Item(text)
        for text in (
            "Repeated, disturbing, and unwanted memories of the stressful experience?",
            "Repeated, disturbing dreams of the stressful experience?",
            "Suddenly feeling or acting as if the stressful experience were actually happening again (as if"
            " you were actually back there reliving it)?",
            "Feeling very upset when something reminded you of the stressful experience?",
            "Having strong physical reactions when something reminded you of the stressful experience (for"
            " example, heart pounding, trouble breathing, sweating)?",
            "Avoiding memories, thoughts, or feelings related to the stressful experience?",
            "Avoiding external reminders of the stressful experience (for example, people, places,"
            " conversations, activities, objects, or situations)?",
            "Trouble remembering important parts of the stressful experience?",
            "Having strong negative beliefs about yourself, other people, or the world (for example, having"
            " thoughts such as: I am bad, there is something seriously wrong with me, no one can be trusted,"
            " the world is completely dangerous)?",
            "Blaming yourself or someone else for the stressful experience or what happened after it?",
            "Having strong negative feelings such as fear, horror, anger, guilt, or shame?",
            "Loss of interest in activities that you used to enjoy?",
            "Feeling distant or cut off from other people?",
            "Trouble experiencing positive feelings (for example, being unable to feel happiness or have"
            " loving feelings for people close to you)?",
            "Irritable behavior, angry outbursts, or acting aggressively?",
            "Taking too many risks or doing things that could cause you harm?",
            "Being “superalert” or watchful or on guard?",
            "Feeling jumpy or easily startled?",
            "Having difficulty concentrating?",
            "Trouble falling or staying asleep?",
        )
    ),
    choices=INTENSITY,
    high=80,
    # 31 to 33 is the provisional cut [V:40]; the lower end is shown, so that nobody is missed [D].
    bands=(Band(0, "Below the provisional cut"), Band(31, "At or above the provisional cut")),
    # "Past month": four weeks, so that a monthly one every 28 days is never too soon [D].
    lookback_days=28,
    response="points",
    response_points=10,
    # [V:40]
    steps=(
        Step("5 points or more less: a reliable change", points=5),
        Step("10 points or more less: a meaningful change", points=10),
    ),
)
PAIN_NRS: Final = Instrument(
    code="nrs-pain",
    version="1",
    title="Pain 0 to 10",
    stem="How bad is your pain now, from 0 (none) to 10 (the worst you can imagine)?",
    items=(Item("Pain now", "72514-3"),),
    high=10,
    total_loinc="72514-3",
    response="half",
    # By IMMPACT, of chronic pain [V:50].
    steps=(
        Step("10 % or more less: a minimal improvement", percent=10),
        Step("30 % or more less: a moderate improvement", percent=30),
        Step("50 % or more less: a substantial improvement", percent=50),
    ),
)
PGIC: Final = Instrument(
    code="pgic",
    version="1",
    title="Overall change",
    stem="All in all, how are you now, compared with before the first infusion?",
    items=(Item("Change since before the treatment"),),
    choices=(
        Choice(1, "Very much worse"),
        Choice(2, "Much worse"),
        Choice(3, "A little worse"),
        Choice(4, "About the same"),
        Choice(5, "A little better"),
        Choice(6, "Much better"),
        Choice(7, "Very much better"),
    ),
    low=1,
    high=7,
    # Responder: much or very much improved [V:50b].
    bands=(Band(1, "Not improved much"), Band(6, "Improved much or very much")),
    better="higher",
    response="reached",
    response_from=6,
    worse_below=4,
)
HIT_6: Final = Instrument(
    code="hit-6",
    version="1",
    title="HIT-6 total",
    stem="Enter the total from the clinic's licensed HIT-6 form, 36 to 78. Its items are not kept here.",
    items=(Item("Total"),),
    low=36,
    high=78,
    bands=(
        Band(36, "Little or no impact"),
        Band(50, "Some impact"),
        Band(56, "Substantial impact"),
        Band(60, "Severe impact"),
    ),
)
MIDAS: Final = Instrument(
    code="midas",
    version="1",
    title="MIDAS total",
    stem="Enter the total of days from the clinic's licensed MIDAS form. Its items are not kept here.",
    items=(Item("Total days"),),
    # Five counts of days in three months: at most 5 x 92 [C].
    high=460,
    bands=(Band(0, "Grade I"), Band(6, "Grade II"), Band(11, "Grade III"), Band(21, "Grade IV")),
)
# Between sessions, when what looks back two weeks can't be asked: items of PHQ-9 by themselves, under another
# name and without their codes, which mean two weeks (domain.md 0.10). Alone they have no total.
MOOD_ITEMS: Final = Instrument(
    code="mood-items",
    version="1",
    title="Mood, single items",
    stem="Since the last visit, how often have you been bothered by any of the following problems?",
    items=tuple(Item(PHQ_9.items[place - 1].text) for place in (1, 2, 9)),
    choices=FREQUENCY,
    high=3,
    safety_item=3,
    scored=False,
)

INSTRUMENTS: Final[Mapping[str, Instrument]] = MappingProxyType(
    {each.code: each for each in (PHQ_9, GAD_7, PCL_5, MOOD_ITEMS, PAIN_NRS, PGIC, HIT_6, MIDAS)}
)
# Of these a cohort report can be made: the domain reference has a rule of response for them.
WITH_RESPONSE: Final = tuple(code for code, each in INSTRUMENTS.items() if each.response)


def asks_beside(instrument: Instrument, answers: Mapping[int, int]) -> bool:
    """Whether the question beside the items is asked: some problem was named, or it has an answer."""
    items = range(1, len(instrument.items) + 1)
    named = any(answers.get(item, 0) > instrument.lowest_answer for item in items)
    return instrument.beside is not None and (named or instrument.beside_item in answers)


def asked_in_order(instrument: Instrument, answers: Mapping[int, int]) -> list[int]:
    """The numbers of the questions as they are asked: the items, and what is beside them where it is."""
    items = list(range(1, len(instrument.items) + 1))
    return [*items, len(items) + 1] if asks_beside(instrument, answers) else items


def text_of(instrument: Instrument, item: int) -> str:
    if instrument.beside and item == instrument.beside_item:
        return instrument.beside.text
    return instrument.items[item - 1].text


def choices_of(instrument: Instrument, item: int) -> tuple[Choice, ...]:
    """The possible answers to this question; none where a number is given."""
    if instrument.beside and item == instrument.beside_item:
        return instrument.beside.choices
    return instrument.choices
