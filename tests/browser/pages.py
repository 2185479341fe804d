"""THE LIST: every address that a person can open, and who opens it; `test_pages` holds over it what holds for
every page.

A route that answers GET and stands neither in `PAGES` nor in `NO_PAGES` fails. Names in braces are rows of
the synthetic clinic on its running day: `tests.browser.demo`. How a page is opened is no business of this
module.
"""

from dataclasses import dataclass
from typing import Final

# Who opens it: D, N, P, M are the desk, a nurse, a prescriber, a manager; - is somebody signed out; S has
# signed in with a second factor, and s has given the password and not yet the code; Y is a patient whose
# birth year was right. A number says which status the page has, when it isn't 200.
LIST: Final = """
sign-in                 -  /accounts/login/
sign-out                D  /accounts/logout/
account-closed          -  /accounts/inactive/
password-forgotten      -  /accounts/password/reset/
password-link-sent      -  /accounts/password/reset/done/
password-set            -  /accounts/password/reset/key/{reset_key}/
password-link-used      -  /accounts/password/reset/key/{reset_key}x/
password-is-set         -  /accounts/password/reset/key/done/
password-change         D  /accounts/password/change/
password-again          D  /accounts/reauthenticate/
second-factor           s  /accounts/2fa/authenticate/
second-factor-again     S  /accounts/2fa/reauthenticate/
second-factor-set-up    D  /accounts/2fa/totp/activate/
second-factor-remove    S  /accounts/2fa/totp/deactivate/
recovery-codes          S  /accounts/2fa/recovery-codes/
recovery-codes-new      S  /accounts/2fa/recovery-codes/generate/
own-account             S  /accounts/2fa/
own-sessions            D  /accounts/sessions/
own-sign-ins            D  /accounts/sign-ins/
own-details             D  /accounts/details/
own-invitations         D  /accounts/invitations/
own-clinics             M  /clinics/

not-found               D  /nowhere/  404
not-for-this-role       D  /message-rules/  403
not-by-itself           D  /clinic/switch/  405
api-docs                M  /api/docs/

day                     D  /day/
day-ahead               D  /day/{day}/
week                    D  /week/{day}/
book                    D  /book/
book-new-patient        D  /book/new/
book-best               D  /plans/{plan}/book/best/
times                   D  /plans/{plan}/book/
book-patient            D  /patients/{two_plans}/book/
book-confirm            D  /plans/{plan}/book/confirm/?start={free}
book-blocked            D  /plans/{plan}/book/confirm/?start={taken}
visit                   D  /visits/{visit}/
visit-held              D  /visits/{hold}/
visit-over              D  /visits/{over}/
visit-times             D  /visits/{visit}/times/
visit-move              D  /visits/{visit}/move/?start={free}
visit-longer            D  /visits/{visit}/recovery/
visit-said-before       N  /visits/{visit}/said-before/
visit-messages          D  /visits/{visit}/messages/
series                  D  /plans/{new_plan}/series/
respace                 D  /plans/{plan}/respace/
waitlist                D  /waitlist/
waitlist-entry          D  /waitlist/{entry}/
waitlist-join           D  /plans/{plan}/waitlist/
waitlist-visit          D  /visits/{visit}/waitlist/
repair-day              D  /repair/{day}/
repair-plan             D  /repairs/{repair}/

patients                D  /patients/
new-patient             D  /patients/new/
chart                   P  /patients/{treated}/
chart-to-the-desk       D  /patients/{patient}/
edit-patient            D  /patients/{patient}/edit/
setup                   M  /setup/
setup-clinic            M  /setup/clinic/
setup-chairs            M  /setup/chairs/
setup-people            M  /setup/people/
setup-hours             M  /setup/hours/
setup-protocols         M  /setup/protocols/
setup-messages          M  /setup/messages/
setup-day               M  /setup/day/
setup-skip              M  /setup/{step}/skip/
prescribing-settings    M  /settings/prescribing/
import-patients         M  /patients/import/
import-look             M  /patients/imports/{import}/
allergies               N  /patients/{allergic}/allergies/
eligibility             P  /patients/{referred}/eligibility/
eligibility-to-the-desk D  /patients/{referred}/eligibility/
new-referral            D  /patients/{referred}/referrals/new/
referral                D  /referrals/{referral}/
new-evaluation          P  /patients/{referred}/evaluations/new/
outcomes                P  /patients/{treated}/outcomes/
diary                   N  /patients/{treated}/diary/
safety                  P  /patients/{asked}/safety/
questionnaire           N  /questionnaires/{questionnaire}/
questionnaire-complete  N  /questionnaires/{answered}/
who-looked              M  /patients/{patient}/access-log/
plan                    P  /plans/{plan}/
new-plan                P  /patients/{patient}/plans/new/

nurse-station           N  /nurse/
session                 N  /sessions/{session}/
session-arrived         N  /sessions/{arrived}/
session-ready           N  /sessions/{ready}/
session-paused          N  /sessions/{paused}/
session-recovering      N  /sessions/{recovering}/
session-to-sign         N  /sessions/{to_sign}/
session-not-given       N  /sessions/{not_given}/
session-signed          N  /sessions/{signed}/
check-dose              N  /sessions/{ready}/check-dose/
session-decisions       P  /sessions/{ready}/decisions/
decisions               P  /decisions/
signed-record           P  /sessions/{signed}/record/
record-compare          P  /sessions/{amended}/record/compare/
record-print            N  /sessions/{signed}/record/print/
take-home               N  /sessions/{signed}/instructions/
who-wrote               M  /sessions/{signed}/written/
alert                   N  /alerts/{alert}/
monitors                M  /monitors/
monitor                 M  /monitors/{monitor}/
monitor-message         M  /monitors/messages/{unmatched}/

tasks                   N  /tasks/
task                    N  /tasks/{task}/
on-call                 M  /on-call/
check-in-answers        N  /check-ins/{check_in}/
messages                D  /messages/
message                 D  /messages/{message}/
send-again              D  /messages/{message}/again/
message-figures         M  /messages/figures/
inbox                   D  /inbox/
threads                 D  /threads/
thread                  D  /threads/{writer}/
thread-number           D  /threads/{writer}/number/
text                    D  /texts/{text}/
time-request            D  /time-requests/{time_request}/

reports                 M  /reports/
report-use              M  /reports/use/
report-attendance       M  /reports/attendance/
report-booking-ahead    M  /reports/booking-ahead/
report-busy-days        M  /reports/busy-days/
report-durations        M  /reports/durations/
report-side-effects     M  /reports/side-effects/
level-day               M  /reports/level/?day={day}
cohort-reports          M  /reports/outcomes/
cohort-report           M  /reports/outcomes/{cohort}/
hours                   M  /hours/
hours-settings          M  /hours/settings/
hours-closures          M  /hours/closures/
hours-absence           M  /hours/absences/new/
hours-resource          M  /hours/{resource}/
hours-weekly            M  /hours/{resource}/weekly/
hours-day               M  /hours/{resource}/{day}/
hours-end               M  /hours/patterns/{pattern}/end/
settings                M  /settings/
staff                   M  /staff/
staff-invite            M  /staff/invite/
staff-member            M  /staff/{member}/
staff-take-role         M  /staff/{member}/roles/?were=nurse
staff-charts-opened     M  /staff/{member}/charts-opened/
staff-sign-ins          M  /staff/{member}/sign-ins/
staff-invited           M  /staff/{invited}/
staff-second-factor     M  /staff/{member}/second-factor/
staff-link              M  /staff/{invited}/link/
staff-end-access        M  /staff/{member}/end-access/
staff-bring-back        M  /staff/{gone}/bring-back/
resources               M  /resources/
resource                M  /resources/{resource}/
protocols               P  /protocols/
protocol                P  /protocols/{protocol}/
protocol-draft          P  /protocols/{draft}/
protocol-compare        P  /protocols/{newer}/compare/{protocol}/
protocol-new-version    P  /protocols/{protocol}/new-version/
message-rules           M  /message-rules/
message-settings        M  /message-rules/settings/
message-rule            M  /message-rules/{stage}/
message-words           M  /message-rules/{stage}/{language}/
sending                 M  /sending/
calendar-feeds          M  /calendar-feeds/

link-gone               -  /m/AAAAAAAAAAAAAAAAAAAAAA  404
link-locked             -  /m/{visit_link}
link-visit              Y  /m/{visit_link}
link-ready              Y  /m/{visit_link}/ready
link-check-in           Y  /m/{check_in_link}
link-questions          Y  /m/{check_in_link}/questions/{check_in_asked}
link-offer              Y  /m/{offer_link}
link-times              Y  /m/{times_link}
link-diary              Y  /m/{diary_link}
link-diary-day          Y  /m/{diary_link}/diary
"""

# What is asked for by a GET and is no page of its own.
# The forms of a session's page: what was refused is shown at their own addresses.
ENTRIES: Final = (
    *("checklist", "dose", "vitals", "side-effect", "course", "start", "pause", "resume", "rate", "bolus"),
    *(
        "stop",
        "explain-stop",
        "not-given",
        "medicine",
        "waste",
        "witness",
        "note",
        "discharge",
        "sign",
        "amend",
    ),
)
NO_PAGES: Final = {
    **{f"/sessions/{{session}}/{entry}/": "leads to the session's page" for entry in ENTRIES},
    "/": "leads to the page where this person's day is",
    "/accounts/2fa/recovery-codes/download/": "a file",
    "/api/schema/": "a file, which the API's manual reads",
    "/feeds/{token}.ics": "a file, for calendars",
    "/health/": "for whoever keeps it running",
    "/health/details/": "for whoever keeps it running",
    "/inbox/{arrived}/visit.ics": "a file",
    "/m/{token}/visit.ics": "a file",
    "/messages/figures/{table}.csv": "a file",
    "/metrics": "for Prometheus",
    "/patients/import/template.csv": "a file",
    "/patients/imports/{import}/refused.csv": "a file",
    "/reports/outcomes/{cohort}/table.csv": "a file",
    "/reports/level.csv": "a file",
    "/staff/{member}/charts-opened.csv": "a file",
    "/reports/{report}.csv": "a file",
    "/sessions/{session}/chart/": "a part of the session's page, which asks for it again and again",
    "/visits/{visit}/move/check/": "a part of the day board, for a visit that is being moved",
    "/visits/{visit}/recovery/check/": "a part of the day board, for a visit whose end is being drawn",
    "/sessions/connection/": "asked by the script of what waits for a connection",
    "/sessions/{signed}/record.pdf": "a file",
}


@dataclass(frozen=True)
class Listed:
    """One page of the list. `name` is also that of its pictures."""

    name: str
    who: str
    address: str
    status: int = 200

    @property
    def route(self) -> str:
        """The address without what is asked of it."""
        return self.address.partition("?")[0]

    @property
    def by_link(self) -> bool:
        """Whether it is a patient's, behind a link."""
        return self.route.startswith("/m/")


def _read(line: str) -> Listed:
    name, who, address, *status = line.split()
    return Listed(name, who, address, *map(int, status))


PAGES: Final = [_read(line) for line in LIST.splitlines() if line]
