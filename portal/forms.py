"""How forms look: every form of the product is rendered with the templates of `templates/forms/`."""

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Label, hint, error and input in this order, an error summary on top, fieldsets around groups."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
    formset_template_name = "forms/formset.html"
