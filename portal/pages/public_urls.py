"""What everybody may open."""

from django.urls import path

from portal.pages import changes, dataset, departments, home, language, problems, search, versions, words

urlpatterns = [
    path("", home.home, name="home"),
    path("datasets/", search.datasets, name="datasets"),
    path("datasets/<uuid:pk>/", dataset.dataset, name="dataset"),
    path("datasets/<uuid:pk>/contact/", dataset.contact, name="contact"),
    path("datasets/<uuid:pk>/versions/", versions.versions, name="dataset-versions"),
    path("datasets/<uuid:pk>/versions/<int:number>/changes/", changes.changes, name="changes"),
    path("departments/", departments.departments, name="departments"),
    path("departments/<str:code>/", departments.department, name="department"),
    path("themes/", departments.themes, name="themes"),
    path("themes/<str:code>/", departments.theme, name="theme"),
    path("about/", words.about, name="about"),
    path("help/", words.help_page, name="help"),
    path("developers/", words.developers, name="developers"),
    path("problems/", problems.problems, name="problems"),
    path("problems/<slug:code>/", problems.problem, name="problem"),
    path("language/<slug:code>/", language.language, name="language"),
]
