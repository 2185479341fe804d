"""Addresses of the pages in web.views.links: short, because they stand in text messages."""

from django.urls import URLPattern, path

from web.views.links import birth_year, diary, questions, times, visit

urlpatterns: list[URLPattern] = [
    path("m/<str:token>", visit.patient_link, name="patient_link"),
    path("m/<str:token>/birth-year", birth_year.birth_year, name="patient_link_birth_year"),
    path("m/<str:token>/confirm", visit.confirm, name="patient_link_confirm"),
    path("m/<str:token>/accept", visit.accept_offer, name="patient_link_accept"),
    path("m/<str:token>/decline", visit.decline_offer, name="patient_link_decline"),
    path("m/<str:token>/visit.ics", visit.calendar_file, name="patient_link_calendar"),
    path("m/<str:token>/choose-time", times.choose_time, name="patient_link_choose_time"),
    path("m/<str:token>/ready", questions.ready, name="patient_link_ready"),
    path("m/<str:token>/questions/<uuid:pk>", questions.questions, name="patient_link_questions"),
    path("m/<str:token>/answer", questions.answer, name="patient_link_answer"),
    path("m/<str:token>/score", questions.score, name="patient_link_score"),
    path("m/<str:token>/diary", diary.diary_day, name="patient_link_diary"),
    path("m/<str:token>/diary/ask-daily", diary.nudge, name="patient_link_nudge"),
]
