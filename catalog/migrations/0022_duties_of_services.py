"""A part of the platform can have a duty of its own, over one version and until a moment."""

from django.conf import settings
from django.db import migrations, models

FORWARDS = """
CREATE FUNCTION catalog_basis_keep_service() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The terms of a basis never change: make another one.';
END $$;
CREATE TRIGGER catalog_basis_keep_service BEFORE UPDATE ON catalog_basis
    FOR EACH ROW WHEN (NEW.service IS DISTINCT FROM OLD.service) EXECUTE FUNCTION catalog_basis_keep_service();
"""
BACKWARDS = """
DROP TRIGGER catalog_basis_keep_service ON catalog_basis;
DROP FUNCTION catalog_basis_keep_service();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0021_files_sealed_to_a_recipient'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='basis',
            name='basis_one_recipient',
        ),
        migrations.AddField(
            model_name='basis',
            name='service',
            field=models.CharField(blank=True, help_text='which part of the platform, for a duty of its own', max_length=40),
        ),
        migrations.AlterField(
            model_name='basis',
            name='recipient',
            field=models.CharField(choices=[('everybody', 'Everybody'), ('department', 'A department or an enterprise'), ('account', 'An account'), ('service', 'A service of the platform')], max_length=12),
        ),
        migrations.AddConstraint(
            model_name='basis',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('account', None), ('department', None), ('recipient', 'everybody'), ('service', '')), models.Q(('account', None), ('department__isnull', False), ('recipient', 'department'), ('service', '')), models.Q(('account__isnull', False), ('department', None), ('recipient', 'account'), ('service', '')), models.Q(('account', None), ('department', None), ('recipient', 'service'), models.Q(('service', ''), _negated=True)), _connector='OR'), name='basis_one_recipient'),
        ),
        migrations.AddConstraint(
            model_name='basis',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('recipient', 'service'), _negated=True), models.Q(('kind', 'duty'), ('valid_until__isnull', False), ('version__isnull', False)), _connector='OR'), name='basis_service_duty'),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
