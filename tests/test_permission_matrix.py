"""Who may do what: every route x method x {each role, another clinic, signed out}.

`MATRIX` is written by hand and is the rule; a route without a row, or a row without a route, fails.
D is the front desk, N a nurse, P a prescriber, M a manager; `public` needs no sign-in, `account` is
about one's own sign-in. Each cell is one request against a clinic with a row of every noun, undone after.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from rest_framework.test import APIClient

from clinic import work
from clinic.models import Allergy, Consent, Role, Urgency, User
from notifications import tasks
from notifications.answering import check_ins, times
from notifications.escalating import on_call
from notifications.models import CheckIn, InboxItem, Message, QuietHours
from notifications.tokens import token_for
from scheduler.calendars import feeds
from scheduler.models import Series
from scheduler.prescribing import screening
from scheduler.repairing import repair
from scheduler.repairing.reading import Missing
from scheduler.visits import booking
from sessions_app import arrival
from sessions_app.outcomes import cohort_reports, responses
from sessions_app.outcomes.cohort import Query
from sessions_app.preparing import safety
from tests.cast import NOW, TODAY, House, make_patient, make_user, new_id
from tests.notifications import texts, visits
from tests.routes import every_route
from tests.scheduler import waits
from tests.scheduler.stage import Stage, declare_something, plan_row, set_stage
from tests.sessions_app import stories
from tests.sessions_app.monitors import beds as monitors

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
GET    /patients/{patient}/book/                    DN-M
GET    /plans/{plan}/book/                          DN-M
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


@dataclass
class World:
    """A row of every noun in Lakeside, by the name that the matrix gives it, and valid bodies."""

    house: House
    olga: User
    names: dict[str, str]
    bodies: dict[str, dict[str, Any]]
    clients: dict[tuple[bool, UUID], Any] = field(default_factory=dict)

    def client(self, *, api: bool, user: User | None) -> Any:
        """Signed in once, not for every cell: a sign-in is dearer than all the rest."""
        made = APIClient if api else Client
        if user is None:
            return made()  # a session of nobody's would be undone with the rest
        if (api, user.pk) not in self.clients:
            self.clients[api, user.pk] = made()
            self.clients[api, user.pk].force_login(user)
        return self.clients[api, user.pk]

    def send(self, row: Row, user: User | None) -> HttpResponse:
        """One request; whatever it wrote is undone."""
        path = row.path.format(**self.names)
        body = self.bodies.get(f"{row.method} {row.path}", {})
        client = self.client(api=row.path.startswith("/api/"), user=user)
        query = self.bodies.get(f"? {row.path}") if row.method == "GET" else None
        with transaction.atomic():
            answer: HttpResponse = getattr(client, row.method.lower())(path, query or body)
            transaction.set_rollback(True)
        return answer


@pytest.fixture
def world(house: House, other_house: House) -> Iterator[World]:
    """Lakeside with a life, and Olga, who does every job in Hillside."""
    with time_machine.travel(NOW, tick=False):
        olga = make_user(other_house.clinic, "Olga Moreau", *Role)
        stage = set_stage(house)
        names = {key: str(value) for key, value in _nouns(house, stage).items()}
        yield World(house, olga, names, _bodies(names))


def _nouns(house: House, stage: Stage) -> dict[str, Any]:
    nils = house.actor(house.nils)
    plan = stage.plan()
    visit = stage.book(plan, "10:00")
    friday = stage.at("14:00", TODAY + timedelta(days=4))
    hold = booking.hold(actor=None, id=new_id(), plan=plan, start=friday, now=NOW)
    arrived = stories.arrived_visit(house, house.omar)
    session = arrival.open_session(actor=nils, id=new_id(), appointment=arrived, now=NOW)
    stories.measure(house, session, stories.calm(NOW, systolic_mmhg=165))
    past = visits.book(house, house.omar, NOW - timedelta(days=3))
    visits.discharge(past, NOW - timedelta(days=1))
    tasks.plan()
    check_in = CheckIn.objects.get()
    check_ins.answer(id=new_id(), check_in=check_in, question="safety", value="no", now=NOW)
    task = work.open_item(
        clinic_id=house.clinic.pk,
        patient_id=house.rosa.pk,
        cause="matrix",
        title="Call the patient",
        urgency=Urgency.ROUTINE,
        role=Role.FRONT_DESK,
        due_at=NOW,
    )
    signed = stories.signed(house, make_patient(house.clinic, "Signed", "Sam"), at=NOW - timedelta(days=2))
    hours = declare_something(stage)
    entry = waits.join(stage, plan_row(house, stage.protocol, house.omar))
    texts.give_number(house.clinic)
    arrived_message = InboxItem.objects.create(
        clinic=house.clinic,
        patient=house.rosa,
        key=str(check_in.message_id),
        body="",
        calendar="BEGIN:VCALENDAR",
    )
    offer = waits.hold_for(stage, entry, "9:00", TODAY + timedelta(days=4))
    answered = responses.begin(
        actor=nils, id=new_id(), patient=house.rosa, instrument="gad-7", how="interview", now=NOW
    )
    cohort = cohort_reports.make(
        actor=house.actor(house.max),
        id=new_id(),
        clinic=house.clinic,
        query=Query(instrument="phq-9"),
        cut_off=NOW - timedelta(minutes=2),
        now=NOW,
    )
    return {
        "questionnaire": answered.pk,
        "concern": safety.raise_concern(
            answer=answered.answers.create(item=9, value=1, answered_at=NOW), patient=house.rosa, now=NOW
        ).pk,
        "cohort": cohort.pk,
        "clinic": house.clinic.pk,
        "patient": house.rosa.pk,
        "consent": Consent.objects.filter(patient=house.rosa, scope="sms").get().pk,
        "allergy": Allergy.objects.create(patient=house.rosa, substance="Penicillin").pk,
        "task": task.pk,
        "nils": house.nils.pk,
        "shift": on_call.add_shift(
            actor=house.actor(house.max),
            id=new_id(),
            clinic=house.clinic,
            user=house.priya,
            rung="second",
            starts_at=NOW,
            ends_at=NOW + timedelta(days=1),
            now=NOW,
        ).pk,
        "quiet": QuietHours.objects.create(
            clinic=house.clinic, state="IL", day_begins=time(9), day_ends=time(20)
        ).pk,
        "stage": "T-3d",
        "language": "es",
        "feed": feeds.make(actor=house.actor(house.max), id=new_id(), resource=stage.chairs[0]).pk,
        "arrived": arrived_message.pk,
        "text": texts.text("Hello", sender=texts.STRANGERS).pk,
        "time_request": times.ask(appointment=visit, now=NOW).pk,
        "report": "utilisation",
        "table": "stages",
        "repair": _proposed_repair(house, stage),
        "protocol": stage.protocol.pk,
        "draft": house.clinic.protocols.filter(status="draft").first().pk,  # type: ignore[union-attr]
        "plan": plan.pk,
        "resource": stage.chairs[0].pk,
        "pattern": hours.pattern.pk,
        "day_hours": hours.day.pk,
        "absence": hours.absence.pk,
        "closure": hours.closure.pk,
        "visit": visit.pk,
        "hold": hold.pk,
        "series": Series.objects.create(clinic=house.clinic, plan=plan).pk,
        "entry": entry.pk,
        "offer": offer.pk,
        "session": session.pk,
        "signed": signed.pk,
        "alert": session.alerts.get().pk,
        "monitor": monitors.monitor_at(house, None).pk,
        "unmatched": monitors.unmatched_message(house).pk,
        "message": Message.objects.filter(patient=house.rosa).first().pk,  # type: ignore[union-attr]
        "check_in": check_in.pk,
        "day": TODAY.isoformat(),
        "token": token_for(check_in.message.link.pk),
        "reset_key": "1-set-password",
    }


def _proposed_repair(house: House, stage: Stage) -> UUID:
    proposed = repair.propose(
        actor=house.actor(house.ana),
        id=new_id(),
        clinic=house.clinic,
        day=TODAY + timedelta(days=2),
        disruption=Missing(
            stage.at("9:00", TODAY + timedelta(days=2)),
            stage.at("10:00", TODAY + timedelta(days=2)),
            stage.chairs[0],
        ),
        now=NOW,
    )
    return proposed.pk


def _bodies(names: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Bodies (and `?` queries) that would be carried out, so that a refusal is about the person."""
    window = {"from": NOW.isoformat(), "to": (NOW + timedelta(days=3)).isoformat()}
    start = (NOW + timedelta(days=3)).isoformat()
    at_ten = (NOW + timedelta(hours=1)).isoformat()  # where the visit is
    today = TODAY.isoformat()
    in_a_month = (TODAY + timedelta(days=30)).isoformat()
    return {
        "POST /api/v1/patients/": {
            "id": str(new_id()),
            "clinic": names["clinic"],
            "family_name": "Neu",
            "given_names": "Nora",
            "birth_date": "1990-01-01",
        },
        "POST /api/v1/allergies/": {
            "id": str(new_id()),
            "patient": names["patient"],
            "substance": "Latex",
        },
        "POST /api/v1/allergies/{allergy}/judge/": {
            "clinical_status": "resolved",
            "verification_status": "confirmed",
            "reason": "Tested",
        },
        "? /api/v1/consents/": {"patient": names["patient"]},
        "POST /api/v1/consents/": {
            "id": str(new_id()),
            "patient": names["patient"],
            "scope": "sms",
            "form_version": "2026-1",
            "method": "paper form",
            "given_at": NOW.isoformat(),
        },
        "POST /api/v1/patients/find/": {"text": "rosa"},
        "POST /api/v1/consents/{consent}/revoke/": {"how": "in person"},
        "POST /api/v1/tasks/{task}/close/": {"outcome": "Done"},
        "POST /api/v1/tasks/{task}/notes/": {"id": str(new_id()), "words": "Called, no answer"},
        "POST /api/v1/tasks/{task}/hand-over/": {"to": names["nils"]},
        "POST /api/v1/messages/{message}/again/": {"id": str(new_id()), "text": "Please call us."},
        "PATCH /api/v1/clinics/{clinic}/message-rules/": {"stage": "T-3d", "days": 2},
        "POST /api/v1/clinics/{clinic}/message-rules/reset/": {"stage": "T-3d"},
        "PATCH /api/v1/clinics/{clinic}/message-texts/": {
            "stage": "T-2h",
            "language": "en",
            "subject": "Soon",
            "email": "See {link}",
            "sms": "{sender}: soon. {link}",
        },
        "POST /api/v1/clinics/{clinic}/message-texts/reset/": {"stage": "T-2h", "language": "en"},
        "PATCH /api/v1/clinics/{clinic}/quiet-hours/": {
            "state": "OK",
            "day_begins": "09:00",
            "day_ends": "20:00",
        },
        "POST /api/v1/clinics/{clinic}/quiet-hours/drop/": {"quiet_hours": names["quiet"]},
        "PATCH /api/v1/clinics/{clinic}/messaging/": {"most_a_week": 4},
        "POST /api/v1/clinics/{clinic}/message-preview/": {"appointment": names["visit"]},
        "POST /api/v1/on-call/": {
            "id": str(new_id()),
            "clinic": names["clinic"],
            "user": names["nils"],
            "rung": "first",
            "starts_at": start,
            "ends_at": (NOW + timedelta(days=4)).isoformat(),
        },
        "POST /api/v1/protocols/adopt-defaults/": {"clinic": names["clinic"]},
        "POST /api/v1/protocols/": {
            "id": str(new_id()),
            "after": names["protocol"],
            "observation_minutes": 90,
        },
        "POST /api/v1/protocols/{draft}/retire/": {"reason": "A slip"},
        "? /api/v1/plans/": {"patient": names["patient"]},
        "POST /api/v1/plans/": {
            "id": str(new_id()),
            "patient": names["patient"],
            "protocol": names["protocol"],
            "indication": "F33.2",
            "ordered_dose": "0.5",
            "sessions_ordered": 6,
            "valid_from": TODAY.isoformat(),
            "valid_until": (TODAY + timedelta(days=30)).isoformat(),
            "findings": [{"item": item.code, "finding": "absent"} for item in screening.ITEMS],
        },
        "POST /api/v1/resources/": {
            "id": str(new_id()),
            "clinic": names["clinic"],
            "kind": "chair",
            "name": "Chair 9",
            "capacity": 1,
        },
        "PATCH /api/v1/resources/{resource}/": {"name": "Chair by the window"},
        "POST /api/v1/monitors/": {
            "id": str(new_id()),
            "clinic": names["clinic"],
            "identifier": "BED9",
            "name": "Monitor 9",
        },
        "POST /api/v1/monitors/{monitor}/move/": {"chair": names["resource"]},
        "POST /api/v1/monitors/{monitor}/take-over/": {"since": NOW.isoformat()},
        "POST /api/v1/monitor-messages/{unmatched}/settle/": {"outcome": "A loan, sent back"},
        "POST /api/v1/messages/{message}/settle/": {"arrived": True},
        "POST /api/v1/sending/pause/": {"clinic": names["clinic"], "why": "A story"},
        "POST /api/v1/sending/resume/": {"clinic": names["clinic"]},
        "? /api/v1/openings/": {"clinic": names["clinic"], "day": TODAY.isoformat()},
        "? /api/v1/working-hours/": {"clinic": names["clinic"]},
        "POST /api/v1/working-hours/": {
            "id": str(new_id()),
            "resource": names["resource"],
            "weekdays": [4],
            "hours": [["09:00", "17:00"]],
            "valid_from": in_a_month,
        },
        "POST /api/v1/working-hours/{pattern}/end/": {"last_day": in_a_month},
        "? /api/v1/day-hours/": {"clinic": names["clinic"]},
        "POST /api/v1/day-hours/": {
            "id": str(new_id()),
            "resource": names["resource"],
            "day": in_a_month,
            "hours": [],
        },
        "? /api/v1/absences/": {"clinic": names["clinic"]},
        "POST /api/v1/absences/": {
            "id": str(new_id()),
            "resource": names["resource"],
            "start": (NOW + timedelta(days=30)).isoformat(),
            "end": (NOW + timedelta(days=30, hours=4)).isoformat(),
            "reason": "leave",
        },
        "? /api/v1/closures/": {"clinic": names["clinic"]},
        "POST /api/v1/closures/": {
            "id": str(new_id()),
            "clinic": names["clinic"],
            "name": "Spring cleaning",
            "first_day": in_a_month,
            "last_day": in_a_month,
        },
        "? /api/v1/closures/public-holidays/": {"clinic": names["clinic"], "year": "2027"},
        "? /api/v1/availability/": {"plan": names["plan"], **window},
        "? /api/v1/appointments/": {"clinic": names["clinic"], "day": TODAY.isoformat()},
        "POST /api/v1/appointments/": {"id": str(new_id()), "plan": names["plan"], "start": start},
        "POST /api/v1/appointments/check/": {"plan": names["plan"], "start": start},
        "POST /api/v1/appointments/{visit}/cancel/": {"reason": "pat"},
        "POST /api/v1/appointments/{visit}/reschedule/": {"start": start},
        "POST /api/v1/holds/": {"id": str(new_id()), "plan": names["plan"], "start": start},
        "POST /api/v1/series/": {
            "id": str(new_id()),
            "plan": names["plan"],
            "sessions": [{"id": str(new_id()), "start": start}],
        },
        "POST /api/v1/series/propose/": {"plan": names["plan"]},
        "? /api/v1/series/review/": {"plan": names["plan"]},
        "POST /api/v1/series/respace/": {"plan": names["plan"]},
        "POST /api/v1/series/respace/accept/": {
            "plan": names["plan"],
            "moves": [{"appointment": names["visit"], "before": at_ten, "start": at_ten}],
        },
        "POST /api/v1/plans/{plan}/spacing/": {
            "id": str(new_id()),
            "min_days": 1,
            "max_days": 7,
            "reason": "Lives far away",
        },
        "POST /api/v1/plans/{plan}/take-over/": {"protocol": names["protocol"]},
        "POST /api/v1/plans/{plan}/ask-spacing/": {
            "id": str(new_id()),
            "words": "Two days apart this once?",
        },
        "POST /api/v1/plans/{plan}/refuse-spacing/": {"task": str(new_id()), "reason": "Too close"},
        "? /api/v1/plans/spacing-requests/": {"clinic": names["clinic"]},
        "? /api/v1/appointments/under-older-versions/": {"plan": names["plan"]},
        "POST /api/v1/plans/{plan}/put-on-hold/": {"reason": "Ill"},
        "POST /api/v1/plans/{plan}/take-up/": {"reason": "Well again"},
        "POST /api/v1/plans/{plan}/end/": {"reason": "Moved away"},
        "POST /api/v1/repairs/": {
            "id": str(new_id()),
            "clinic": names["clinic"],
            "day": TODAY.isoformat(),
            "late": {"minutes": 40},
        },
        "POST /api/v1/calendar-feeds/": {"id": str(new_id()), "resource": names["resource"]},
        "POST /api/v1/calendar-feeds/names/": {"clinic": names["clinic"], "show_names": False},
        **{
            f"? /api/v1/reports/{name}/": {"clinic": names["clinic"], "first": today, "last": today}
            for name in ("utilisation", "lead-time", "attendance", "spacing", "reminders", "stages")
        },
        "? /api/v1/reports/level/": {"clinic": names["clinic"], "day": in_a_month},
        "? /reports/level/": {"day": in_a_month},
        "? /reports/{report}.csv": {"first": today, "last": today},
        "? /messages/figures/{table}.csv": {"first": today, "last": today},
        "? /api/v1/waitlist/": {"clinic": names["clinic"]},
        "POST /api/v1/waitlist/": {
            "id": str(new_id()),
            "plan": names["plan"],
            "first_day": TODAY.isoformat(),
            "last_day": in_a_month,
        },
        "PATCH /api/v1/waitlist/{entry}/": {"notice_hours": 48},
        "POST /api/v1/waitlist/offer-freed/": {"clinic": names["clinic"]},
        "POST /api/v1/sessions/": {"id": str(new_id()), "appointment": names["visit"]},
        **{
            f"? /api/v1/{name}/": {"patient": names["patient"]}
            for name in ("questionnaires", "diary-days", "diary-nudges", "outcomes", "safety-concerns")
        },
        "POST /api/v1/safety-concerns/{concern}/assess/": {
            "id": str(new_id()),
            "words": "No intent, safe at home",
        },
        "POST /api/v1/questionnaires/": {
            "id": str(new_id()),
            "patient": names["patient"],
            "instrument": "phq-9",
        },
        "POST /api/v1/diary-days/": {
            "id": str(new_id()),
            "patient": names["patient"],
            "day": TODAY.isoformat(),
            "headache": False,
        },
        "POST /api/v1/diary-days/without-headache/": {
            "id": str(new_id()),
            "patient": names["patient"],
            "days": [TODAY.isoformat()],
        },
        "POST /api/v1/diary-nudges/ask-daily/": {"patient": names["patient"], "at": "20:00"},
        "POST /api/v1/diary-nudges/stop/": {"patient": names["patient"]},
        "POST /api/v1/cohort-reports/": {
            "id": str(new_id()),
            "clinic": names["clinic"],
            "cut_off": (NOW - timedelta(minutes=2)).isoformat(),
            "query": {"instrument": "phq-9"},
        },
        "POST /api/v1/threads/{patient}/reply/": {"id": str(new_id()), "text": "We call you today"},
        "POST /api/v1/threads/{patient}/deal-with/": {"outcome": "Called"},
        "POST /api/v1/threads/{patient}/correct-number/": {"phone": "+13125550155", "how": "They called"},
        "? /api/v1/texts/": {"clinic": names["clinic"]},
        "POST /api/v1/texts/{text}/deal-with/": {"outcome": "Called"},
        "? /api/v1/time-requests/": {"clinic": names["clinic"]},
        "POST /clinic/switch/": {"clinic": names["clinic"]},
        "? /plans/{plan}/book/confirm/": {"start": start},
        "POST /plans/{plan}/book/confirm/": {"id": str(new_id()), "start": start},
        "POST /plans/{plan}/book/hold/": {"id": str(new_id()), "start": start},
        "? /visits/{visit}/move/": {"start": start},
        "POST /visits/{visit}/move/": {"start": start},
    }


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
            status = world.send(row, getattr(world.house, name)).status_code
            right = status not in REFUSED if letter in row.who else status == 403
            if not right:
                wrong.append(f"{row.method} {row.path} as {name}: {status}")
    assert not wrong, "\n".join(wrong)


def test_another_clinics_staff_find_nothing(world: World) -> None:
    """By id it does not exist; a list never holds it; a new row can't point at it."""
    wrong = []
    for row in STAFF_ROWS:
        answer = world.send(row, world.olga)
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
        answer = world.send(row, None)
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
        if row.who == "account" and (answer := world.send(row, None)).status_code not in (302, 403)
    ]
    assert not wrong, "\n".join(wrong)


def test_public_routes_answer_anybody_without_an_error(world: World) -> None:
    wrong = [
        f"{row.method} {row.path}: {answer.status_code}"
        for row in ROWS
        if row.who == "public" and (answer := world.send(row, None)).status_code in (401, 405, 500)
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
            status = broken.send(row, world.house.priya).status_code
            if status not in (403, 404):
                wrong.append(f"{row.method} {row.path} with {word}: {status}")
    assert not wrong, "\n".join(wrong)
