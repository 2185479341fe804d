"""Addresses of the pages in web.views.plans and web.views.new_plan."""

from django.urls import URLPattern, path

from web.views import new_plan, plans

urlpatterns: list[URLPattern] = [
    path("patients/<uuid:pk>/plans/new/", new_plan.new_plan, name="new_plan"),
    path("plans/<uuid:pk>/", plans.plan, name="plan"),
    path("plans/<uuid:pk>/dose/", plans.order_dose, name="plan_dose"),
    path("plans/<uuid:pk>/spacing/", plans.override_spacing, name="plan_spacing"),
    path("plans/<uuid:pk>/ask-spacing/", plans.ask_spacing, name="plan_ask_spacing"),
    path("plans/<uuid:pk>/refuse-spacing/", plans.refuse_spacing, name="plan_refuse_spacing"),
    path("plans/<uuid:pk>/take-over/", plans.take_over, name="plan_take_over"),
    path("plans/<uuid:pk>/go-ahead/", plans.go_ahead, name="plan_go_ahead"),
    path("plans/<uuid:pk>/hold/", plans.change_status, {"step": "hold"}, name="plan_hold"),
    path("plans/<uuid:pk>/resume/", plans.change_status, {"step": "resume"}, name="plan_resume"),
    path("plans/<uuid:pk>/go-on/", plans.go_on, name="plan_go_on"),
    path("plans/<uuid:pk>/safety-review/", plans.decide_after_event, name="plan_safety_review"),
    path("plans/<uuid:pk>/assess/", plans.assess, name="plan_assess"),
    path("plans/<uuid:pk>/end/", plans.end, name="plan_end"),
]
