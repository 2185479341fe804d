"""Why something that was wanted is not said: sentences that the message page shows as they are. Pure: no
Django."""

from typing import Final

PATIENT_DECEASED: Final = "The patient has died."
VISIT_CANCELLED: Final = "The visit was cancelled."
VISIT_MISSED: Final = "The visit was missed."
VISIT_MOVED: Final = "The visit was moved to another time."
VISIT_BEGUN: Final = "The visit had begun."
NOT_MISSED: Final = "The visit was not missed after all."
BOOKED_SINCE: Final = "Another visit was booked since."
NOT_CANCELLED: Final = "The visit takes place after all."
OFFER_OVER: Final = "The offer was answered or has ended."
ANSWERED: Final = "The questions were answered, or are closed."
DIARY_WRITTEN: Final = "The day's diary was written, or nobody asks for it any more."
TASK_TAKEN: Final = "Somebody has taken the task."
NOT_THEIRS: Final = "They left the clinic, or their role isn't called about such a task."
TOLD_OTHERWISE: Final = "The patient was told something else meanwhile."
CHANGED_AGAIN: Final = "The visit was changed once more before this was said."
TOLD_LATER: Final = "Its time had passed before the patient could be told of the visit."
SHORT_NOTICE: Final = "Quiet hours would leave less than an hour before the visit."
LATE_IN_THE_DAY: Final = "The patient went home too late for it."
TOO_LATE: Final = "It would have come too late to be of use."
CARRIED: Final = "Said together with another message of the day."
IN_THE_SERIES: Final = "Said in the message of the whole series."
WORDS_REFUSED: Final = "The clinic's own words for it are refused now: change them in the message rules."
CAPPED_DAY: Final = "The patient had as many texts that day as the clinic allows."
CAPPED_WEEK: Final = "The patient had as many texts that week as the clinic allows."

# A message that was skipped for one of these is said after all when it is wanted again.
CAN_PASS: Final = frozenset(
    {
        VISIT_CANCELLED,
        VISIT_MOVED,
        VISIT_BEGUN,
        VISIT_MISSED,
        NOT_MISSED,
        NOT_CANCELLED,
        SHORT_NOTICE,
    }
)
