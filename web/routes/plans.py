"""Addresses of the pages in web.views.plans."""

from django.urls import URLPattern, path

from web.views.plans import course, new, ordering, page

urlpatterns: list[URLPattern] = [
    path("patients/<uuid:pk>/plans/new/", new.new_plan, name="new_plan"),
    path("plans/<uuid:pk>/", page.plan, name="plan"),
    path("plans/<uuid:pk>/dose/", ordering.order_dose, name="plan_dose"),
    path("plans/<uuid:pk>/spacing/", ordering.override_spacing, name="plan_spacing"),
    path("plans/<uuid:pk>/ask-spacing/", ordering.ask_spacing, name="plan_ask_spacing"),
    path("plans/<uuid:pk>/refuse-spacing/", ordering.refuse_spacing, name="plan_refuse_spacing"),
    path("plans/<uuid:pk>/take-over/", course.take_over, name="plan_take_over"),
    path("plans/<uuid:pk>/go-ahead/", course.go_ahead, name="plan_go_ahead"),
    path("plans/<uuid:pk>/hold/", course.change_status, {"step": "hold"}, name="plan_hold"),
    path("plans/<uuid:pk>/resume/", course.change_status, {"step": "resume"}, name="plan_resume"),
    path("plans/<uuid:pk>/go-on/", course.go_on, name="plan_go_on"),
    path("plans/<uuid:pk>/safety-review/", course.decide_after_event, name="plan_safety_review"),
    path("plans/<uuid:pk>/assess/", course.assess, name="plan_assess"),
    path("plans/<uuid:pk>/end/", course.end, name="plan_end"),
]
