"""What everybody may open."""

from django.urls import path

from portal.pages import (
    changes,
    dataset,
    departments,
    feed,
    home,
    language,
    problems,
    search,
    suggest,
    synonyms,
    versions,
    wanted,
    words,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("datasets/", search.datasets, name="datasets"),
    path("datasets/suggestions/", suggest.suggestions, name="suggestions"),
    path("datasets/feed/", feed.feed, name="datasets-feed"),
    path("datasets/wanted/", wanted.ask, name="dataset-wanted"),
    path("search-words/", synonyms.synonyms, name="search-words"),
    path("search-words/new/", synonyms.new, name="search-words-new"),
    path("demand/", wanted.read, name="demand"),
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
