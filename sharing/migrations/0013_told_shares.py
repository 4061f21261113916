"""A share of equal values is computed once for a request, and never changes."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

FORWARDS = """
CREATE TRIGGER sharing_told_shares_stay BEFORE UPDATE OR DELETE ON sharing_toldshare
    FOR EACH ROW EXECUTE FUNCTION sharing_dry_runs_stay();
"""
BACKWARDS = "DROP TRIGGER sharing_told_shares_stay ON sharing_toldshare;"


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0026_acting_approvers'),
        ('sharing', '0012_bridges'),
    ]

    operations = [
        migrations.CreateModel(
            name='ToldShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(max_length=80)),
                ('mine', models.CharField(max_length=80)),
                ('theirs', models.CharField(max_length=80)),
                ('mask', models.CharField(blank=True, help_text='under which both are compared; empty for none', max_length=40)),
                ('share', models.PositiveSmallIntegerField(help_text='in per cent; none where there were too few values', null=True)),
                ('told_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('grant', models.ForeignKey(help_text='under which the other data is read', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.basis')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='told_shares', to='sharing.request')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('request', 'grant', 'table', 'mine', 'theirs', 'mask'), name='share_told_once')],
            },
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
