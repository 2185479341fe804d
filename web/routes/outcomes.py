"""Addresses of the pages in web.views: outcomes, diary, safety and cohort_reports."""

from django.urls import URLPattern, path

from web.views import cohort_reports, diary, outcomes, safety

urlpatterns: list[URLPattern] = [
    path("patients/<uuid:pk>/outcomes/", outcomes.patient_outcomes, name="patient_outcomes"),
    path("patients/<uuid:pk>/outcomes/begin/", outcomes.begin_questionnaire, name="begin_questionnaire"),
    path("patients/<uuid:pk>/safety/", safety.patient_safety, name="patient_safety"),
    path("safety-concerns/<uuid:pk>/assess/", safety.assess_safety, name="assess_safety"),
    path("patients/<uuid:pk>/diary/", diary.patient_diary, name="patient_diary"),
    path("patients/<uuid:pk>/diary/enter/", diary.enter_diary_day, name="enter_diary_day"),
    path(
        "patients/<uuid:pk>/diary/without-headache/",
        diary.enter_days_without_headache,
        name="enter_days_without_headache",
    ),
    path("patients/<uuid:pk>/diary/ask-daily/", diary.diary_nudge, name="diary_nudge"),
    path("questionnaires/<uuid:pk>/", outcomes.questionnaire, name="questionnaire"),
    path("questionnaires/<uuid:pk>/answer/", outcomes.answer_question, name="answer_question"),
    path(
        "questionnaires/<uuid:pk>/complete/", outcomes.complete_questionnaire, name="complete_questionnaire"
    ),
    path(
        "questionnaires/<uuid:pk>/enter-in-error/",
        outcomes.questionnaire_in_error,
        name="questionnaire_in_error",
    ),
    path("reports/outcomes/", cohort_reports.cohort_list, name="cohort_reports"),
    path("reports/outcomes/make/", cohort_reports.make_cohort_report, name="make_cohort_report"),
    path("reports/outcomes/<uuid:pk>/", cohort_reports.cohort_report, name="cohort_report"),
    path("reports/outcomes/<uuid:pk>/table.csv", cohort_reports.cohort_file, name="cohort_file"),
]
