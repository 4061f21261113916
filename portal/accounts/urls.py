"""Accounts, keys, people and departments. Included before the public pages: `departments/new/` is no code."""

from django.urls import path

from portal.accounts.views import account, authenticators, departments, passwords, people, sessions, sign_up

urlpatterns = [
    path("sign-in/", sessions.sign_in, name="sign-in"),
    path("sign-in/code/", authenticators.second_step, name="second-step"),
    path("sign-out/", sessions.sign_out, name="sign-out"),
    path("sign-up/", sign_up.choose, name="sign-up"),
    path("sign-up/citizen/", sign_up.citizen, name="sign-up-citizen"),
    path("sign-up/enterprise/", sign_up.enterprise, name="sign-up-enterprise"),
    path("sign-up/sent/", sign_up.sent, name="sign-up-sent"),
    path("sign-up/confirm/<str:sealed>/", sign_up.confirm, name="sign-up-confirm"),
    path("password/reset/", passwords.reset, name="password-reset"),
    path("password/reset/sent/", passwords.sent, name="password-reset-sent"),
    path("password/reset/<str:uidb64>/<str:token>/", passwords.ChoosePassword.as_view(), name="password-reset-confirm"),
    path("password/change/", passwords.change, name="password-change"),
    path("invitation/<str:uidb64>/<str:token>/", passwords.ChoosePassword.as_view(invited=True), name="invitation"),
    path("account/", account.account, name="account"),
    path("account/second-step/", authenticators.ways_in, name="second-step-state"),
    path("account/second-step/app/", authenticators.authenticator, name="authenticator"),
    path("account/second-step/codes/", authenticators.renew_codes, name="recovery-renew"),
    path("account/second-step/remove/", authenticators.remove, name="authenticator-remove"),
    path("keys/", account.keys, name="keys"),
    path("keys/new/", account.new_key, name="key-new"),
    path("keys/<uuid:pk>/revoke/", account.end_key, name="key-revoke"),
    path("people/", people.people, name="people"),
    path("people/new/", people.new, name="person-new"),
    path("people/<uuid:pk>/", people.person, name="person"),
    path("people/<uuid:pk>/invite/", people.again, name="person-invite"),
    path("people/<uuid:pk>/role/", people.role, name="role-give"),
    path("people/<uuid:pk>/move/", people.move, name="role-move"),
    path("people/<uuid:pk>/close/", people.close, name="person-close"),
    path("people/<uuid:pk>/second-step/reset/", authenticators.reset, name="authenticator-reset"),
    path("roles/<uuid:pk>/end/", people.end, name="role-end"),
    path("desk/departments/", departments.departments, name="department-list"),
    path("departments/new/", departments.new, name="department-new"),
    path("departments/<str:code>/edit/", departments.edit, name="department-edit"),
    path("enterprises/", departments.enterprises, name="enterprises"),
    path("enterprises/<uuid:pk>/verify/", departments.verify, name="enterprise-verify"),
]
