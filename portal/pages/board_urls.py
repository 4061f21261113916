"""The addresses of how departments keep the clocks."""

from django.urls import path

from portal.pages import board

urlpatterns = [
    path("boards/", board.boards, name="boards"),
    path("boards/<uuid:pk>/", board.board, name="board"),
    path("boards/<uuid:pk>/<slug:tile>/", board.behind, name="board-list"),
]
