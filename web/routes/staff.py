"""Addresses of the pages in web.views.staff, and of the settings' first page."""

from django.urls import URLPattern, path

from web.views import clinic_settings
from web.views.staff import activity, changing_roles, inviting, leaving, listing, one, ways_in

urlpatterns: list[URLPattern] = [
    path("settings/", clinic_settings.clinic_settings, name="clinic_settings"),
    path("staff/", listing.staff, name="staff"),
    path("staff/invite/", inviting.invite, name="invite_member"),
    path("staff/<uuid:pk>/", one.member, name="member"),
    path("staff/<uuid:pk>/roles/", changing_roles.change_roles, name="change_roles"),
    path("staff/<uuid:pk>/details/", one.change_details, name="change_member"),
    path("staff/<uuid:pk>/invite-again/", one.invite_again, name="invite_again"),
    path("staff/<uuid:pk>/withdraw/", one.withdraw, name="withdraw_invitation"),
    path("staff/<uuid:pk>/sign-out/", one.sign_out, name="sign_out_member"),
    path("staff/<uuid:pk>/revoke-token/", one.revoke_token, name="revoke_token"),
    path("staff/<uuid:pk>/charts-opened/", activity.charts_opened, name="charts_opened"),
    path("staff/<uuid:pk>/charts-opened.csv", activity.charts_opened_file, name="charts_opened_file"),
    path("staff/<uuid:pk>/sign-ins/", activity.sign_ins, name="member_sign_ins"),
    path("staff/<uuid:pk>/second-factor/", ways_in.second_factor, name="take_second_factor"),
    path("staff/<uuid:pk>/link/", ways_in.link, name="hand_over_link"),
    path("staff/<uuid:pk>/end-access/", leaving.end_access, name="end_access"),
    path("staff/<uuid:pk>/bring-back/", leaving.bring_back, name="bring_back"),
]
