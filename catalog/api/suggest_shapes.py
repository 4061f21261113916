"""The shape of suggestions in the API."""

from rest_framework import serializers


class SuggestionSerializer(serializers.Serializer):
    """One thing that may be meant."""

    kind = serializers.ChoiceField(choices=["query", "dataset", "column", "department"])
    text = serializers.CharField(help_text="What a person reads, in the language of the answer.")
    target = serializers.CharField(
        help_text="A dataset's identifier, a department's code, or words to search for with `q`."
    )
