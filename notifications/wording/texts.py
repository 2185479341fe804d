"""The words of every stage in English, and the shape that every language has. Pure: no Django.

Neutral on a lock screen: the sender, the time, a link (domain.md 6.3). A text message has wordings from the
longest to the shortest; the first that is one segment with this clinic's name, number and link is sent.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Text:
    """One stage's words: the e-mail's subject and paragraph, and the wordings of a text message."""

    subject: str
    email: str
    sms: tuple[str, ...]


def as_it_is(text: str) -> str:
    """A language in which nothing around an hour changes with it."""
    return text


@dataclass(frozen=True)
class Language:
    """All that the engine needs to speak one language. `frame` takes {paragraph}, {phone} and {sender}."""

    code: str
    name: str
    days: tuple[str, ...]  # from Monday, as in GSM-7
    months: tuple[str, ...]
    frame: str
    also: str  # said in an e-mail whose link leads to questions as well
    at: str  # a line of a list of visits
    no_food: str
    clear_drinks: str
    ride: str
    fasting: str
    texts: Mapping[str, Text]
    agreeing: Callable[[str], str] = as_it_is  # a text that is filled, with what its hours ask of the words


# In place of a confirmation's words where it tells of several visits.
SERIES = "series"
EMERGENCY = "Your answers are not watched around the clock. If it is urgent, call 911."
QUESTIONS = "Please answer a few short questions about how you are: {link}\n\n" + EMERGENCY

ENGLISH = Language(
    code="en",
    name="English",
    days=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    frame="Hello,\n\n{paragraph}\n\nQuestions? Call {phone}.\n\n{sender}\n\n"
    "This address is not read. Please call instead of replying.\n",
    also="Behind the same link are a few short questions for you.",
    at="{day} at {time}",
    no_food="Eat nothing from {time} on {day}.",
    clear_drinks="Drink only clear liquids until {time}, then nothing.",
    ride="Arrange a ride home: you must not drive until the next day.",
    fasting="No food from {time}.",
    texts=MappingProxyType(
        {
            "confirmation": Text(
                subject="Your visit on {day}",
                email="Your visit is booked for {day} at {time}.\n\nSee how to prepare, and confirm: {link}",
                sms=(
                    "{sender}: visit booked {day} {time}. Confirm: {link} Call {phone}. Reply STOP to end",
                    "{sender}: visit booked {day} {time}. Confirm: {link} Call {phone}",
                ),
            ),
            SERIES: Text(
                subject="Your {count} visits from {day} on",
                email="Your {count} visits are booked:\n\n{dates}\n\nSee how to prepare, and confirm: {link}",
                sms=(
                    "{sender}: {count} visits booked, the first {day} {time}. See them all: {link} "
                    "Call {phone}. Reply STOP to end",
                    "{sender}: {count} visits booked, first {day} {time}. All: {link} Call {phone}",
                    "{sender}: {count} visits, first {day} {time}. All: {link} {phone}",
                ),
            ),
            "move": Text(
                subject="Your visit has moved to {day}",
                email="Your visit has moved: now {day} at {time}, instead of {old_day} at {old_time}.\n\n"
                "See how to prepare, and confirm: {link}",
                sms=("{sender}: visit now {day} {time}, not {old_date} {old_time}. {link} {phone}",),
            ),
            "change": Text(
                subject="Your visit on {day} has changed",
                email="Your visit stays on {day} at {time}, but how long it takes or how to prepare has "
                "changed. It ends at {end}.\n\n{preparation}\n\nPlease see what to do now: {link}",
                sms=(
                    "{sender}: visit {day} {time} now ends {end}. Ride home? Prepare: {link} Call {phone}",
                    "{sender}: visit {day} {time} now ends {end}. See {link} {phone}",
                ),
            ),
            "cancellation": Text(
                subject="Your visit on {day} is cancelled",
                email="Your visit on {day} at {time} is cancelled. You don't need to come.",
                sms=("{sender}: your visit {day} {time} is cancelled. Questions? Call {phone}",),
            ),
            "T-7d": Text(
                subject="Your first visit on {day}",
                email="Your first visit is on {day} at {time}.\n\nPlease fill in the forms, bring a list of "
                "the medicines you take, and arrange a ride home: {link}",
                sms=(
                    "{sender}: first visit {day} {time}. Forms and how to prepare: {link} Call {phone}",
                    "{sender}: first visit {day} {time}. Prepare: {link} Call {phone}",
                ),
            ),
            "T-3d": Text(
                subject="Please confirm your visit on {day}",
                email="You have a visit on {day} at {time}.\n\nPlease confirm that you are coming: {link}",
                sms=(
                    "{sender}: visit {day} {time}. Reply C to confirm, R to change, STOP to end. "
                    "{link} Call {phone}",
                    "{sender}: visit {day} {time}. Reply C to confirm, R to change. {link} {phone}",
                    "{sender}: visit {day} {time}. Confirm: {link} Call {phone}",
                ),
            ),
            "T-1d": Text(
                subject="Reminder of your visit on {day}",
                email="You have a visit on {day} at {time}.\n\nPlease see again how to prepare: {link}",
                sms=(
                    "{sender}: visit {day} {time}. Reply C to confirm, R to change. {link} {phone}",
                    "{sender}: visit {day} {time}. Prepare: {link} Call {phone}",
                ),
            ),
            "prepare": Text(
                subject="How to prepare for your visit on {day}",
                email="You have a visit on {day} at {time}.\n\n{preparation}\n\nPlease answer a few "
                "questions about it, so that the visit can go on as planned: {link}",
                sms=(
                    "{sender}: visit {day} {time}. {fasting} Ride home? Answer: {link} {phone}",
                    "{sender}: visit {day} {time}. Prepare: {link} Call {phone}",
                ),
            ),
            "T-2h": Text(
                subject="Your visit on {day} at {time}",
                email="We look forward to seeing you on {day} at {time}.\n\nDetails: {link}",
                sms=("{sender}: see you {day} {time}. {link} Call {phone}",),
            ),
            "offer": Text(
                subject="A time for you on {day}",
                email="A time has become free for you: {day} at {time}. We hold it for a short while.\n\n"
                "Please say whether you take it: {link}",
                sms=("{sender}: {day} {time} is free for you. Answer: {link} Call {phone}",),
            ),
            "same_day": Text(
                subject="A few questions about today",
                email=QUESTIONS,
                sms=(
                    "{sender}: please answer a few questions: {link} Urgent? Call 911. {phone}",
                    "{sender}: a few questions: {link} Urgent? Call 911. {phone}",
                ),
            ),
            "next_morning": Text(
                subject="A few questions after your visit",
                email="Please answer a few short questions about how you are after your visit: {link}\n\n"
                + EMERGENCY,
                sms=("{sender}: a few questions after your visit: {link} Urgent? Call 911. {phone}",),
            ),
            "day_7": Text(
                subject="A few questions, a week after your visit",
                email=QUESTIONS,
                sms=("{sender}: a few questions, one week on: {link} Urgent? Call 911. {phone}",),
            ),
            "before_next": Text(
                subject="A few questions before your visit",
                email="Please answer a few short questions before your next visit: {link}\n\n" + EMERGENCY,
                sms=(
                    "{sender}: a few questions before your visit: {link} Urgent? Call 911. {phone}",
                    "{sender}: questions before your visit: {link} Urgent? Call 911. {phone}",
                ),
            ),
            "end_of_series": Text(
                subject="Your questionnaires",
                email=QUESTIONS,
                sms=("{sender}: your questionnaires: {link} Urgent? Call 911. {phone}",),
            ),
            "monthly": Text(
                subject="Your questionnaires of this month",
                email=QUESTIONS,
                sms=("{sender}: this month's questionnaires: {link} Urgent? Call 911. {phone}",),
            ),
            "check_in_again": Text(
                subject="Your answers are still missing",
                email="We have not had your answers yet. " + QUESTIONS,
                sms=("{sender}: your answers are still missing: {link} Urgent? Call 911. {phone}",),
            ),
            "diary": Text(
                subject="Your diary of today",
                email="Please write your diary of today: {link}",
                sms=("{sender}: your diary: {link} {phone}",),
            ),
            "missed": Text(
                subject="We missed you on {day}",
                email="We missed you on {day} at {time} and hope that you are well. Please call us, or "
                "choose another time: {link}",
                sms=(
                    "{sender}: we missed you {day}. Call {phone} or choose another time: {link}",
                    "{sender}: we missed you {day}. Call {phone} or see {link}",
                ),
            ),
            "choose_time": Text(
                subject="Choose another time",
                email="Please choose another time for your visit on {day} at {time}: {link}",
                sms=("{sender}: choose another time here: {link} or call {phone}",),
            ),
            "confirmed": Text(
                subject="Thank you: {day} at {time}",
                email="Thank you. We expect you on {day} at {time}.",
                sms=("{sender}: thank you, see you {day} {time}. Call {phone}",),
            ),
            "stopped": Text(
                subject="No more messages",
                email="You will get no more messages from us. Call {phone} for help with visits.",
                # domain.md 6.3: one confirmation, nothing else in it.
                sms=(
                    "{sender}: you are unsubscribed and will get no more texts. Call {phone} for help with "
                    "visits. Reply START to rejoin.",
                    "{sender}: you get no more texts. Call {phone} for help. Reply START to rejoin.",
                ),
            ),
            "started": Text(
                subject="Messages again",
                email="You will get our messages again.",
                sms=("{sender}: you get our texts again. Reply STOP to end, HELP for help. Call {phone}",),
            ),
            "help": Text(
                subject="Help",
                email="Call {phone}. In an emergency call 911. In a crisis call or text 988.",
                sms=(
                    "{sender}: call {phone}. Emergency: 911. Crisis: call or text 988. Somebody will look at "
                    "your message. Reply STOP to end.",
                    "{sender}: call {phone}. Emergency: 911. Crisis: 988. Reply STOP to end.",
                ),
            ),
            "to_a_person": Text(
                subject="We have your message",
                email="Somebody will read your message. If it is urgent, call 911.",
                sms=(
                    "{sender}: a person will read this, in office hours. Urgent? Call 911, crisis 988. "
                    "Clinic {phone}",
                    "{sender}: a person will read this. Urgent? Call 911. {phone}",
                ),
            ),
            "wrong_number": Text(
                subject="Sorry",
                email="Sorry. We will not write to this address again.",
                sms=("{sender}: sorry. We will not text this number again.",),
            ),
            "page": Text(
                subject="A task is waiting for you",
                email="A task is waiting for you and nobody has taken it yet: {link}",
                sms=("{sender}: a task is waiting for you and nobody has taken it yet: {link}",),
            ),
        }
    ),
)
