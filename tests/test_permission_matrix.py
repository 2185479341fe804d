"""Who may do what: every route x method x {each role, another clinic, signed out}.

`MATRIX` is written by hand and is the rule; a route without a row, or a row without a route, fails.
D is the front desk, N a nurse, P a prescriber, M a manager; `public` needs no sign-in, `account` is
about one's own sign-in. Each cell is one request against a clinic with a row of every noun (`tests.world`),
undone after.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
import time_machine

from tests.cast import NOW, House
from tests.routes import every_route
from tests.world import World, make_world

MATRIX = """
GET    /api/v1/clinics/                             DNPM
GET    /api/v1/clinics/{clinic}/                    DNPM
GET    /api/v1/clinics/{clinic}/booking-settings/   DNPM
PATCH  /api/v1/clinics/{clinic}/booking-settings/   ---M
GET    /api/v1/patients/                            DNPM
POST   /api/v1/patients/                            DNPM
POST   /api/v1/patients/find/                       DNPM
GET    /api/v1/patients/{patient}/                  DNPM
PATCH  /api/v1/patients/{patient}/                  DNPM
GET    /api/v1/patients/{patient}/allergies/        DNPM
GET    /api/v1/patients/{patient}/access-log/       --PM
GET    /api/v1/patients/{patient}/history/          --PM
POST   /api/v1/allergies/                           -NP-
POST   /api/v1/allergies/{allergy}/judge/           -NP-
GET    /api/v1/consents/                            DNPM
POST   /api/v1/consents/                            DNPM
POST   /api/v1/consents/{consent}/revoke/           DNPM
GET    /api/v1/tasks/                               DNPM
GET    /api/v1/tasks/{task}/                        DNPM
POST   /api/v1/tasks/{task}/acknowledge/            DNPM
POST   /api/v1/tasks/{task}/close/                  DNPM
POST   /api/v1/tasks/{task}/notes/                  DNPM
POST   /api/v1/tasks/{task}/hand-over/              DNPM
GET    /api/v1/clinics/{clinic}/message-rules/      DNPM
PATCH  /api/v1/clinics/{clinic}/message-rules/      ---M
POST   /api/v1/clinics/{clinic}/message-rules/reset/ ---M
GET    /api/v1/clinics/{clinic}/message-texts/      DNPM
PATCH  /api/v1/clinics/{clinic}/message-texts/      ---M
POST   /api/v1/clinics/{clinic}/message-texts/reset/ ---M
GET    /api/v1/clinics/{clinic}/quiet-hours/        DNPM
PATCH  /api/v1/clinics/{clinic}/quiet-hours/        ---M
POST   /api/v1/clinics/{clinic}/quiet-hours/drop/   ---M
GET    /api/v1/clinics/{clinic}/messaging/          DNPM
PATCH  /api/v1/clinics/{clinic}/messaging/          ---M
POST   /api/v1/clinics/{clinic}/message-preview/    ---M
GET    /api/v1/clinics/{clinic}/message-changes/    ---M
GET    /api/v1/on-call/                             DNPM
POST   /api/v1/on-call/                             --PM
POST   /api/v1/on-call/{shift}/withdraw/            --PM
GET    /api/v1/protocols/                           DNPM
GET    /api/v1/protocols/{protocol}/                DNPM
POST   /api/v1/protocols/adopt-defaults/            --PM
POST   /api/v1/protocols/{draft}/activate/          --P-
POST   /api/v1/protocols/                           --PM
GET    /api/v1/protocols/{protocol}/in-use/         DNPM
POST   /api/v1/protocols/{draft}/retire/            --P-
GET    /api/v1/plans/                               DNPM
POST   /api/v1/plans/                               --P-
GET    /api/v1/plans/screening-items/               DNPM
GET    /api/v1/plans/{plan}/                        DNPM
POST   /api/v1/plans/{plan}/spacing/                --P-
POST   /api/v1/plans/{plan}/put-on-hold/            --P-
POST   /api/v1/plans/{plan}/take-up/                --P-
POST   /api/v1/plans/{plan}/end/                    --P-
POST   /api/v1/plans/{plan}/take-over/              --P-
POST   /api/v1/plans/{plan}/ask-spacing/            DN-M
POST   /api/v1/plans/{plan}/refuse-spacing/         --P-
GET    /api/v1/plans/spacing-requests/              DNPM
GET    /api/v1/resources/                           DNPM
POST   /api/v1/resources/                           ---M
GET    /api/v1/resources/{resource}/                DNPM
PATCH  /api/v1/resources/{resource}/                ---M
GET    /api/v1/working-hours/                       DNPM
POST   /api/v1/working-hours/                       ---M
POST   /api/v1/working-hours/{pattern}/end/         ---M
GET    /api/v1/day-hours/                           DNPM
POST   /api/v1/day-hours/                           ---M
DELETE /api/v1/day-hours/{day_hours}/               ---M
GET    /api/v1/absences/                            D--M
POST   /api/v1/absences/                            D--M
DELETE /api/v1/absences/{absence}/                  D--M
GET    /api/v1/closures/                            DNPM
POST   /api/v1/closures/                            ---M
DELETE /api/v1/closures/{closure}/                  ---M
GET    /api/v1/closures/public-holidays/            ---M
GET    /api/v1/openings/                            DNPM
GET    /api/v1/availability/                        DNPM
GET    /api/v1/appointments/                        DNPM
POST   /api/v1/appointments/                        DN-M
POST   /api/v1/appointments/check/                  DN-M
GET    /api/v1/appointments/{visit}/                DNPM
POST   /api/v1/appointments/{visit}/confirm/        DN-M
POST   /api/v1/appointments/{visit}/check-in/       DN-M
POST   /api/v1/appointments/{visit}/cancel/         DN-M
POST   /api/v1/appointments/{visit}/reschedule/     DN-M
POST   /api/v1/appointments/{visit}/lengthen/       DN-M
POST   /api/v1/appointments/{visit}/no-show/        DN-M
POST   /api/v1/appointments/{visit}/undo/           DN-M
POST   /api/v1/appointments/{visit}/take-over/      DN-M
GET    /api/v1/appointments/under-older-versions/   DNPM
GET    /api/v1/appointments/{visit}/history/        DNPM
GET    /api/v1/appointments/{visit}/messages/       DNPM
POST   /api/v1/messages/{message}/again/            DNPM
POST   /api/v1/holds/                               DN-M
POST   /api/v1/holds/{hold}/book/                   DN-M
DELETE /api/v1/holds/{hold}/                        DN-M
POST   /api/v1/series/                              DN-M
POST   /api/v1/series/propose/                      DN-M
GET    /api/v1/series/review/                       DNPM
POST   /api/v1/series/respace/                      DN-M
POST   /api/v1/series/respace/accept/               DN-M
GET    /api/v1/series/{series}/                     DNPM
GET    /api/v1/waitlist/                            DNPM
POST   /api/v1/waitlist/                            DN-M
GET    /api/v1/waitlist/{entry}/                    DNPM
PATCH  /api/v1/waitlist/{entry}/                    DN-M
POST   /api/v1/waitlist/{entry}/withdraw/           DN-M
GET    /api/v1/waitlist/{entry}/offers/             DNPM
POST   /api/v1/waitlist/offer-freed/                DN-M
POST   /api/v1/waitlist-offers/{offer}/accept/      DN-M
POST   /api/v1/waitlist-offers/{offer}/decline/     DN-M
GET    /api/v1/calendar-feeds/                      ---M
POST   /api/v1/calendar-feeds/                      ---M
POST   /api/v1/calendar-feeds/names/                ---M
POST   /api/v1/calendar-feeds/{feed}/revoke/        ---M
POST   /api/v1/repairs/                             D--M
GET    /api/v1/repairs/{repair}/                    D--M
POST   /api/v1/repairs/{repair}/accept/             D--M
GET    /api/v1/reports/utilisation/                 --PM
GET    /api/v1/reports/lead-time/                   --PM
GET    /api/v1/reports/attendance/                  --PM
GET    /api/v1/reports/spacing/                     --PM
GET    /api/v1/reports/level/                       --PM
GET    /api/v1/reports/reminders/                   --PM
GET    /api/v1/reports/stages/                      D--M
GET    /api/v1/sessions/                            -NPM
POST   /api/v1/sessions/                            -NP-
GET    /api/v1/sessions/{session}/                  -NPM
GET    /api/v1/sessions/{session}/record/           -NPM
GET    /api/v1/sessions/decisions/                  -NP-
POST   /api/v1/sessions/{session}/refuse/           --P-
GET    /api/v1/sessions/{session}/checklist/        -NPM
POST   /api/v1/sessions/{session}/checklist/        -NP-
POST   /api/v1/sessions/{session}/ask-prescriber/   -NP-
POST   /api/v1/sessions/{session}/overrides/        --P-
POST   /api/v1/sessions/{session}/dose/             -NP-
GET    /api/v1/sessions/{session}/dose-checks/      -NP-
POST   /api/v1/sessions/{session}/dose-checks/      -NP-
POST   /api/v1/appointments/{visit}/readiness/      -NP-
POST   /api/v1/sessions/{session}/vitals/           -NP-
GET    /api/v1/sessions/{session}/monitor/          -NPM
POST   /api/v1/sessions/{session}/start/            -NP-
POST   /api/v1/sessions/{session}/pause/            -NP-
POST   /api/v1/sessions/{session}/resume/           -NP-
POST   /api/v1/sessions/{session}/rate/             -NP-
POST   /api/v1/sessions/{session}/bolus/            -NP-
POST   /api/v1/sessions/{session}/stop/             -NP-
POST   /api/v1/sessions/{session}/explain-stop/     -NP-
POST   /api/v1/sessions/{session}/medicines/        -NP-
POST   /api/v1/sessions/{session}/waste/            -NP-
POST   /api/v1/sessions/{session}/witness/          -NP-
POST   /api/v1/sessions/{session}/notes/            -NP-
POST   /api/v1/sessions/{session}/not-given/        -NP-
POST   /api/v1/sessions/{session}/side-effects/     -NP-
POST   /api/v1/sessions/{session}/side-effects/course/ -NP-
GET    /api/v1/sessions/{session}/home-readiness/   -NPM
GET    /api/v1/sessions/{session}/instructions/     -NPM
GET    /api/v1/sessions/{session}/written/          --PM
POST   /api/v1/sessions/{session}/discharge/        -NP-
GET    /api/v1/sessions/{signed}/record/compare/    -NPM
GET    /api/v1/sessions/{signed}/record.pdf/        -NPM
POST   /api/v1/sessions/{session}/sign/             -NP-
POST   /api/v1/sessions/{session}/amendments/       -NP-
GET    /api/v1/instruments/                         -NPM
GET    /api/v1/questionnaires/                      -NPM
POST   /api/v1/questionnaires/                      -NP-
GET    /api/v1/questionnaires/{questionnaire}/      -NPM
POST   /api/v1/questionnaires/{questionnaire}/answers/ -NP-
POST   /api/v1/questionnaires/{questionnaire}/complete/ -NP-
POST   /api/v1/questionnaires/{questionnaire}/enter-in-error/ -NP-
GET    /api/v1/safety-concerns/                     -NP-
POST   /api/v1/safety-concerns/{concern}/assess/    --P-
GET    /api/v1/diary-days/                          -NPM
POST   /api/v1/diary-days/                          -NP-
POST   /api/v1/diary-days/without-headache/         -NP-
GET    /api/v1/outcomes/                            -NPM
GET    /api/v1/cohort-reports/                      --PM
POST   /api/v1/cohort-reports/                      --PM
GET    /api/v1/cohort-reports/{cohort}/             --PM
GET    /api/v1/alerts/                              -NPM
GET    /api/v1/alerts/{alert}/                      -NPM
POST   /api/v1/alerts/{alert}/acknowledge/          -NP-
POST   /api/v1/alerts/{alert}/act/                  -NP-
POST   /api/v1/alerts/{alert}/resolve/              -NP-
GET    /api/v1/monitors/                            -NPM
POST   /api/v1/monitors/                            ---M
GET    /api/v1/monitors/{monitor}/                  -NPM
POST   /api/v1/monitors/{monitor}/move/             -NPM
POST   /api/v1/monitors/{monitor}/take-over/        -NPM
POST   /api/v1/monitors/{monitor}/retire/           ---M
POST   /api/v1/monitors/{monitor}/reinstate/        ---M
GET    /api/v1/monitor-messages/                    -NPM
GET    /api/v1/monitor-messages/{unmatched}/        -NP-
POST   /api/v1/monitor-messages/{unmatched}/settle/ -NPM
GET    /api/v1/messages/                            DNPM
GET    /api/v1/messages/{message}/                  DNPM
POST   /api/v1/messages/{message}/settle/           DNPM
GET    /api/v1/sending/                             ---M
POST   /api/v1/sending/pause/                       ---M
POST   /api/v1/sending/resume/                      ---M
GET    /api/v1/inbox/                               DNPM
GET    /api/v1/threads/{patient}/                   DNPM
POST   /api/v1/threads/{patient}/reply/             DNPM
POST   /api/v1/threads/{patient}/deal-with/         DNPM
POST   /api/v1/threads/{patient}/correct-number/    DNPM
GET    /api/v1/texts/                               DNPM
POST   /api/v1/texts/{text}/deal-with/              DNPM
GET    /api/v1/time-requests/                       DNPM
POST   /api/v1/time-requests/{time_request}/carry-out/ DN-M
POST   /api/v1/link-times/open/                     public
POST   /api/v1/link-times/choose/                   public
GET    /api/v1/check-ins/                           -NP-
GET    /api/v1/check-ins/{check_in}/                -NP-
GET    /api/v1/diary-nudges/                        -NPM
POST   /api/v1/diary-nudges/ask-daily/              -NP-
POST   /api/v1/diary-nudges/stop/                   -NP-
POST   /api/v1/links/open/                          public
POST   /api/v1/links/confirm/                       public
POST   /api/v1/links/answer/                        public
POST   /api/v1/links/score/                         public
POST   /api/v1/links/readiness/                     public
POST   /api/v1/links/diary/                         public
POST   /api/v1/links/ask-daily/                     public
POST   /api/v1/links/stop-asking/                   public
POST   /api/v1/links/accept-offer/                  public
POST   /api/v1/links/decline-offer/                 public
GET    /api/schema/                                 DNPM
GET    /api/docs/                                   DNPM

GET    /                                            DNPM
POST   /clinic/switch/                              DNPM
GET    /day/                                        DNPM
GET    /day/{day}/                                  DNPM
GET    /week/{day}/                                 DNPM
GET    /book/                                       DN-M
POST   /book/find/                                  DN-M
GET    /book/new/                                   DN-M
POST   /book/new/                                   DN-M
GET    /patients/{patient}/book/                    DN-M
GET    /plans/{plan}/book/                          DN-M
GET    /plans/{plan}/book/best/                     DN-M
POST   /plans/{plan}/book/best/                     DN-M
GET    /plans/{plan}/book/confirm/                  DN-M
POST   /plans/{plan}/book/confirm/                  DN-M
POST   /plans/{plan}/book/hold/                     DN-M
GET    /visits/{visit}/                             DNPM
POST   /visits/{visit}/check-in/                    DN-M
POST   /visits/{visit}/confirm/                     DN-M
POST   /visits/{visit}/cancel/                      DN-M
POST   /visits/{visit}/missed/                      DN-M
POST   /visits/{visit}/undo/                        DN-M
POST   /visits/{visit}/take-over/                   DN-M
GET    /visits/{visit}/times/                       DN-M
GET    /visits/{visit}/move/                        DN-M
POST   /visits/{visit}/move/                        DN-M
GET    /visits/{visit}/move/check/                  DN-M
GET    /visits/{visit}/recovery/                    DN-M
POST   /visits/{visit}/recovery/                    DN-M
GET    /visits/{visit}/recovery/check/              DN-M
POST   /visits/{hold}/book/                         DN-M
POST   /visits/{hold}/release/                      DN-M
GET    /resources/                                  ---M
POST   /resources/                                  ---M
GET    /resources/{resource}/                       ---M
POST   /resources/{resource}/                       ---M
GET    /protocols/                                  DNPM
POST   /protocols/adopt-defaults/                   --PM
GET    /protocols/{protocol}/                       DNPM
GET    /protocols/{protocol}/new-version/           --PM
POST   /protocols/{protocol}/new-version/           --PM
POST   /protocols/{draft}/sign/                     --P-
POST   /protocols/{draft}/retire/                   --P-
GET    /decisions/                                  -NP-
POST   /plans/{plan}/spacing/                       --P-
POST   /plans/{plan}/ask-spacing/                   DN-M
POST   /plans/{plan}/refuse-spacing/                --P-
POST   /plans/{plan}/take-over/                     --P-
POST   /plans/{plan}/hold/                          --P-
POST   /plans/{plan}/resume/                        --P-
POST   /plans/{plan}/end/                           --P-
GET    /waitlist/                                   DNPM
POST   /waitlist/offer-now/                         DN-M
GET    /waitlist/{entry}/                           DN-M
POST   /waitlist/{entry}/                           DN-M
POST   /waitlist/{entry}/withdraw/                  DN-M
POST   /waitlist/offers/{offer}/accept/             DN-M
POST   /waitlist/offers/{offer}/decline/            DN-M
GET    /plans/{plan}/series/                        DN-M
POST   /plans/{plan}/series/                        DN-M
GET    /plans/{plan}/respace/                       DN-M
POST   /plans/{plan}/respace/                       DN-M
GET    /plans/{plan}/waitlist/                      DN-M
POST   /plans/{plan}/waitlist/                      DN-M
GET    /visits/{visit}/waitlist/                    DN-M
POST   /visits/{visit}/waitlist/                    DN-M
GET    /hours/                                      D--M
GET    /hours/{resource}/                           D--M
GET    /hours/{resource}/weekly/                    ---M
POST   /hours/{resource}/weekly/                    ---M
GET    /hours/{resource}/{day}/                     ---M
POST   /hours/{resource}/{day}/                     ---M
GET    /hours/patterns/{pattern}/end/               ---M
POST   /hours/patterns/{pattern}/end/               ---M
POST   /hours/days/{day_hours}/clear/               ---M
GET    /hours/absences/new/                         D--M
POST   /hours/absences/new/                         D--M
POST   /hours/absences/{absence}/withdraw/          D--M
GET    /hours/settings/                             ---M
POST   /hours/settings/                             ---M
GET    /hours/closures/                             ---M
POST   /hours/closures/                             ---M
POST   /hours/closures/holidays/                    ---M
POST   /hours/closures/{closure}/reopen/            ---M
GET    /patients/{patient}/plans/new/               --P-
POST   /patients/{patient}/plans/new/               --P-
GET    /plans/{plan}/                               DNPM
GET    /patients/                                   DNPM
POST   /patients/find/                              DNPM
GET    /patients/new/                               DNPM
POST   /patients/new/                               DNPM
GET    /patients/{patient}/                         DNPM
GET    /patients/{patient}/edit/                    DNPM
POST   /patients/{patient}/edit/                    DNPM
POST   /patients/{patient}/consents/                DNPM
GET    /patients/{patient}/allergies/               DNPM
POST   /patients/{patient}/allergies/record/        -NP-
POST   /allergies/{allergy}/judge/                  -NP-
GET    /patients/{patient}/outcomes/                -NPM
POST   /patients/{patient}/outcomes/begin/          -NP-
GET    /patients/{patient}/diary/                   -NPM
POST   /patients/{patient}/diary/enter/             -NP-
POST   /patients/{patient}/diary/without-headache/  -NP-
POST   /patients/{patient}/diary/ask-daily/         -NP-
GET    /patients/{patient}/safety/                  -NP-
POST   /safety-concerns/{concern}/assess/           --P-
GET    /questionnaires/{questionnaire}/             -NPM
POST   /questionnaires/{questionnaire}/answer/      -NP-
POST   /questionnaires/{questionnaire}/complete/    -NP-
POST   /questionnaires/{questionnaire}/enter-in-error/ -NP-
GET    /reports/outcomes/                           --PM
POST   /reports/outcomes/make/                      --PM
GET    /reports/outcomes/{cohort}/                  --PM
GET    /reports/outcomes/{cohort}/table.csv         --PM
GET    /patients/{patient}/access-log/              --PM
POST   /consents/{consent}/revoke/                  DNPM
GET    /nurse/                                      -NPM
POST   /nurse/visits/{visit}/open/                  -NP-
GET    /sessions/connection/                        -NP-
GET    /sessions/{session}/                         -NPM
GET    /sessions/{session}/chart/                   -NPM
GET    /sessions/{session}/record/                  -NPM
GET    /sessions/{session}/instructions/            -NPM
GET    /sessions/{session}/written/                 --PM
GET    /sessions/{signed}/record/compare/           -NPM
GET    /sessions/{signed}/record/print/             -NPM
GET    /sessions/{signed}/record.pdf                -NPM
POST   /sessions/{session}/checklist/               -NP-
POST   /sessions/{session}/dose/                    -NP-
GET    /sessions/{session}/check-dose/              -NP-
POST   /sessions/{session}/check-dose/              -NP-
POST   /sessions/{session}/check-vitals/            -NP-
GET    /sessions/{session}/decisions/               -NP-
POST   /sessions/{session}/refuse/                  --P-
POST   /sessions/{session}/decide/                  --P-
POST   /sessions/{session}/ask-prescriber/          -NP-
POST   /sessions/{session}/vitals/                  -NP-
POST   /sessions/{session}/start/                   -NP-
POST   /sessions/{session}/pause/                   -NP-
POST   /sessions/{session}/resume/                  -NP-
POST   /sessions/{session}/rate/                    -NP-
POST   /sessions/{session}/bolus/                   -NP-
POST   /sessions/{session}/stop/                    -NP-
POST   /sessions/{session}/explain-stop/            -NP-
POST   /sessions/{session}/medicine/                -NP-
POST   /sessions/{session}/waste/                   -NP-
POST   /sessions/{session}/witness/                 -NP-
POST   /sessions/{session}/note/                    -NP-
POST   /sessions/{session}/not-given/               -NP-
POST   /sessions/{session}/side-effect/             -NP-
POST   /sessions/{session}/course/                  -NP-
POST   /sessions/{session}/discharge/               -NP-
POST   /sessions/{session}/sign/                    -NP-
POST   /sessions/{session}/amend/                   -NP-
GET    /alerts/{alert}/                             -NPM
POST   /alerts/{alert}/acknowledge/                 -NP-
POST   /alerts/{alert}/act/                         -NP-
POST   /alerts/{alert}/resolve/                     -NP-
GET    /monitors/                                   -NPM
POST   /monitors/add/                               ---M
GET    /monitors/{monitor}/                         -NPM
POST   /monitors/{monitor}/                         -NPM
POST   /monitors/{monitor}/take-over/               -NPM
POST   /monitors/{monitor}/retire/                  ---M
POST   /monitors/{monitor}/reinstate/               ---M
GET    /monitors/messages/{unmatched}/              -NPM
POST   /monitors/messages/{unmatched}/              -NPM
GET    /messages/                                   DNPM
POST   /messages/find/                              DNPM
GET    /messages/figures/                           D--M
GET    /messages/figures/{table}.csv                D--M
GET    /messages/{message}/                         DNPM
GET    /messages/{message}/again/                   DNPM
POST   /messages/{message}/again/                   DNPM
POST   /messages/{message}/again/check/             DNPM
GET    /visits/{visit}/messages/                    DNPM
POST   /messages/{message}/settle/                  DNPM
GET    /sending/                                    ---M
POST   /sending/                                    ---M
POST   /sending/resume/                             ---M
GET    /message-rules/                              ---M
POST   /message-rules/                              ---M
GET    /message-rules/settings/                     ---M
POST   /message-rules/settings/                     ---M
POST   /message-rules/quiet-hours/                  ---M
POST   /message-rules/quiet-hours/{quiet}/drop/     ---M
GET    /message-rules/{stage}/                      ---M
POST   /message-rules/{stage}/                      ---M
POST   /message-rules/{stage}/reset/                ---M
GET    /message-rules/{stage}/{language}/           ---M
POST   /message-rules/{stage}/{language}/           ---M
POST   /message-rules/{stage}/{language}/check/     ---M
POST   /message-rules/{stage}/{language}/reset/     ---M
GET    /inbox/                                      DNPM
POST   /inbox/text/                                 DNPM
GET    /threads/                                    DNPM
GET    /threads/{patient}/                          DNPM
POST   /threads/{patient}/reply/                    DNPM
POST   /threads/{patient}/reply/check/              DNPM
POST   /threads/{patient}/dealt-with/               DNPM
GET    /threads/{patient}/number/                   DNPM
POST   /threads/{patient}/number/                   DNPM
GET    /texts/{text}/                               DNPM
POST   /texts/{text}/dealt-with/                    DNPM
GET    /time-requests/{time_request}/               DNPM
POST   /time-requests/{time_request}/carry-out/     DN-M
GET    /inbox/{arrived}/visit.ics                   DNPM
GET    /check-ins/{check_in}/                       -NP-
GET    /tasks/                                      DNPM
GET    /tasks/{task}/                               DNPM
POST   /tasks/{task}/note/                          DNPM
POST   /tasks/{task}/hand-over/                     DNPM
POST   /tasks/{task}/take/                          DNPM
POST   /tasks/{task}/close/                         DNPM
GET    /on-call/                                    DNPM
POST   /on-call/                                    --PM
POST   /on-call/{shift}/withdraw/                   --PM
GET    /repair/{day}/                               D--M
POST   /repair/{day}/                               D--M
GET    /repairs/{repair}/                           D--M
POST   /repairs/{repair}/accept/                    D--M
GET    /reports/                                    --PM
GET    /reports/level/                              --PM
GET    /reports/{report}.csv                        --PM
GET    /calendar-feeds/                             ---M
POST   /calendar-feeds/                             ---M
POST   /calendar-feeds/names/                       ---M
POST   /calendar-feeds/{feed}/revoke/               ---M
GET    /feeds/{token}.ics                           public
GET    /m/{token}                                   public
POST   /m/{token}/birth-year                        public
POST   /m/{token}/confirm                           public
GET    /m/{token}/ready                             public
POST   /m/{token}/ready                             public
GET    /m/{token}/questions/{check_in}              public
POST   /m/{token}/answer                            public
POST   /m/{token}/score                             public
GET    /m/{token}/diary                             public
POST   /m/{token}/diary                             public
POST   /m/{token}/diary/ask-daily                   public
GET    /m/{token}/visit.ics                         public
POST   /m/{token}/accept                            public
POST   /m/{token}/choose-time                       public
POST   /m/{token}/decline                           public
GET    /health/                                     public
GET    /health/details/                             public
GET    /metrics                                     public
POST   /csp-report/                                 public
POST   /inbound/sms/                                public
POST   /inbound/sms/status/                         public
POST   /inbound/email/status/                       public

GET    /accounts/login/                             public
POST   /accounts/login/                             public
GET    /accounts/logout/                            public
POST   /accounts/logout/                            public
GET    /accounts/inactive/                          public
GET    /accounts/password/reset/                    public
POST   /accounts/password/reset/                    public
GET    /accounts/password/reset/done/               public
GET    /accounts/password/reset/key/{reset_key}/    public
POST   /accounts/password/reset/key/{reset_key}/    public
GET    /accounts/password/reset/key/done/           public
GET    /accounts/2fa/authenticate/                  public
POST   /accounts/2fa/authenticate/                  public
GET    /accounts/reauthenticate/                    account
POST   /accounts/reauthenticate/                    account
GET    /accounts/password/change/                   account
POST   /accounts/password/change/                   account
GET    /accounts/2fa/                               account
GET    /accounts/2fa/reauthenticate/                account
POST   /accounts/2fa/reauthenticate/                account
GET    /accounts/2fa/totp/activate/                 account
POST   /accounts/2fa/totp/activate/                 account
GET    /accounts/2fa/totp/deactivate/               account
POST   /accounts/2fa/totp/deactivate/               account
GET    /accounts/2fa/recovery-codes/                account
GET    /accounts/2fa/recovery-codes/download/       account
GET    /accounts/2fa/recovery-codes/generate/       account
POST   /accounts/2fa/recovery-codes/generate/       account
GET    /accounts/sessions/                          account
POST   /accounts/sessions/                          account
"""

LETTERS = {"D": "ana", "N": "nils", "P": "priya", "M": "max"}
REFUSED = (401, 403, 404, 405, 500)


@dataclass(frozen=True)
class Row:
    method: str
    path: str
    who: str


ROWS = [Row(*line.split()) for line in MATRIX.strip().splitlines() if line]
STAFF_ROWS = [row for row in ROWS if row.who not in ("public", "account")]


@pytest.fixture
def world(house: House, other_house: House) -> Iterator[World]:
    with time_machine.travel(NOW, tick=False):
        yield make_world(house, other_house)


# They have a body or a name in the address, and mean the caller's own clinic.
OWN_CLINIC = frozenset(
    {
        "/patients/new/",
        "/api/v1/patients/find/",
        "/reports/{report}.csv",
        "/messages/figures/{table}.csv",
    }
)


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    def shape(path: str) -> str:
        return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))

    documented = {(row.method, shape(row.path)) for row in ROWS}
    # allauth's class views answer PUT like POST; nothing of ours does.
    served = {(route.method, shape(route.path)) for route in every_route() if route.method != "PUT"}
    assert sorted(served - documented) == []
    assert sorted(documented - served) == []


def test_each_role_may_do_what_its_row_says_and_nothing_else(world: World) -> None:
    wrong = []
    for row in STAFF_ROWS:
        for letter, name in LETTERS.items():
            status = world.send(row.method, row.path, getattr(world.house, name)).status_code
            right = status not in REFUSED if letter in row.who else status == 403
            if not right:
                wrong.append(f"{row.method} {row.path} as {name}: {status}")
    assert not wrong, "\n".join(wrong)


def test_another_clinics_staff_find_nothing(world: World) -> None:
    """By id it does not exist; a list never holds it; a new row can't point at it."""
    wrong = []
    for row in STAFF_ROWS:
        answer = world.send(row.method, row.path, world.olga)
        about_lakeside = "{" in row.path or f"{row.method} {row.path}" in world.bodies
        if row.path in OWN_CLINIC or (
            # The caller's own clinic is meant, whoever calls.
            "{day}" in row.path or "{stage}" in row.path
        ):
            about_lakeside = False
        if about_lakeside and answer.status_code != 404:
            wrong.append(f"{row.method} {row.path}: {answer.status_code}")
        if str(world.house.rosa.pk) in answer.content.decode():
            wrong.append(f"{row.method} {row.path} tells of Rosa")
    assert not wrong, "\n".join(wrong)


def test_nobody_gets_anywhere_without_signing_in(world: World) -> None:
    wrong = []
    for row in STAFF_ROWS:
        answer = world.send(row.method, row.path, None)
        if row.path.startswith("/api/v1/") or row.path == "/api/schema/":
            right = answer.status_code == 401
        elif row.method == "GET":
            right = answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
        else:
            right = answer.status_code == 403
        if not right:
            wrong.append(f"{row.method} {row.path}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_what_is_about_ones_own_sign_in_needs_one(world: World) -> None:
    wrong = [
        f"{row.method} {row.path}: {answer.status_code}"
        for row in ROWS
        if row.who == "account"
        and (answer := world.send(row.method, row.path, None)).status_code not in (302, 403)
    ]
    assert not wrong, "\n".join(wrong)


def test_public_routes_answer_anybody_without_an_error(world: World) -> None:
    wrong = [
        f"{row.method} {row.path}: {answer.status_code}"
        for row in ROWS
        if row.who == "public"
        and (answer := world.send(row.method, row.path, None)).status_code in (401, 405, 500)
    ]
    assert not wrong, "\n".join(wrong)


def test_ids_that_are_no_ids_are_not_found(world: World) -> None:
    """Nonsense where an id belongs is a 404 for everybody, never a fault."""
    nonsense = ["nonsense", "%00", str(UUID(int=0))]
    wrong = []
    for row in STAFF_ROWS:
        if "{" not in row.path or "{day}" in row.path:
            continue
        for word in nonsense:
            broken = replace(world, names=dict.fromkeys(world.names, word))
            status = broken.send(row.method, row.path, world.house.priya).status_code
            if status not in (403, 404):
                wrong.append(f"{row.method} {row.path} with {word}: {status}")
    assert not wrong, "\n".join(wrong)
