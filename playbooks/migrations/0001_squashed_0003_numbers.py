import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('playbooks', '0001_initial'), ('playbooks', '0002_telling'), ('playbooks', '0003_numbers')]

    initial = True

    dependencies = [
        ('teams', '0003_following_through'),
    ]

    operations = [
        migrations.CreateModel(
            name='RoleDefinition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.organization')),
                ('slug', models.CharField(max_length=60, validators=[django.core.validators.RegexValidator('^[a-z0-9]+(?:[-_][a-z0-9]+)*$', 'Use lower-case letters, digits and hyphens.')])),
                ('name', models.CharField(max_length=120)),
                ('description', models.TextField(blank=True)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('duties', models.TextField(blank=True, help_text='What the holder sees to, one line each.')),
                ('must_not', models.TextField(blank=True, help_text='What the holder leaves to others, one line each.')),
                ('card', models.TextField(blank=True, help_text='Instructions and the first three tasks, shown to whoever gets the role. Markdown.')),
                ('single', models.BooleanField(default=True, help_text='At most one person holds it; one per domain where it is per domain.', verbose_name='one holder')),
                ('per_domain', models.BooleanField(default=False, help_text='Held for one technical domain, which has to be named.')),
                ('technical', models.BooleanField(default=False, help_text='Its holder looks into the cause or repairs it.')),
                ('wanted', models.CharField(choices=[('always', 'In every incident'), ('cross_functional', 'Once a function beside engineering is engaged'), ('customer_facing', 'Once customers are affected'), ('on_demand', 'When somebody asks for it')], default='on_demand', max_length=16)),
                ('function', models.ForeignKey(blank=True, help_text='Whoever is on call for it is asked first when the role is vacant.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='teams.function')),
                ('duty_minutes', models.PositiveSmallIntegerField(blank=True, help_text='After so many minutes the holder is told to hand over; empty: never.', null=True, verbose_name='minutes of duty')),
                ('built_in', models.BooleanField(default=False, editable=False)),
            ],
            options={
                'verbose_name': 'role',
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'slug'), name='playbooks_roledefinition_slug_once', violation_error_message='Something here has this slug already.')],
            },
        ),
        migrations.CreateModel(
            name='RoleExclusion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.organization')),
                ('role', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exclusions', to='playbooks.roledefinition')),
                ('other', models.ForeignKey(blank=True, help_text='Empty: every role that does technical work, and technical work itself.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='playbooks.roledefinition')),
                ('when', models.CharField(choices=[('always', 'In every incident'), ('cross_functional', 'Once a function beside engineering is engaged')], default='always', max_length=16)),
                ('code', models.SlugField(default='roles_exclude_each_other', max_length=40)),
                ('because', models.CharField(blank=True, help_text='One sentence for whoever is refused.', max_length=200)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'role', 'other'), name='role_exclusion_once'), models.UniqueConstraint(condition=models.Q(('other', None)), fields=('organization', 'role'), name='role_exclusion_of_technical_once')],
            },
        ),
        migrations.CreateModel(
            name='DecisionRight',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.organization')),
                ('decision_class', models.CharField(choices=[('investigation', 'Investigation: how to look, inside one domain'), ('coordination', 'Coordination: order, escalation, roll-back, who is involved'), ('priority', 'Priority: feature or fix, what is restored first'), ('resource', 'Resources: taking people from other commitments'), ('publishing', 'Publishing: what is said above the technical tier')], max_length=16)),
                ('role', models.CharField(max_length=60)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'decision_class', 'role'), name='decision_right_once')],
            },
        ),
        migrations.CreateModel(
            name='Severity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.organization')),
                ('slug', models.CharField(max_length=60, validators=[django.core.validators.RegexValidator('^[a-z0-9]+(?:[-_][a-z0-9]+)*$', 'Use lower-case letters, digits and hyphens.')])),
                ('name', models.CharField(max_length=120)),
                ('description', models.TextField(blank=True)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('rank', models.PositiveSmallIntegerField()),
                ('preset', models.BooleanField(default=False, help_text='Chosen when nothing else is said.')),
                ('silence_minutes', models.PositiveSmallIntegerField(blank=True, help_text='How long a technical workstream may say nothing before its owner is asked; empty: nobody asks.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1440)])),
                ('participant_cap', models.PositiveSmallIntegerField(blank=True, help_text='How many people usually work on it at most. More come in with a reason. Empty: as many as come.', null=True, validators=[django.core.validators.MinValueValidator(1)])),
                ('lead_level', models.PositiveSmallIntegerField(choices=[(0, '0: no experience needed'), (1, '1: trained'), (2, '2: has led several'), (3, '3: leads whatever comes')], default=0, help_text='How experienced whoever leads has to be; below it, giving the lead wants a reason.', verbose_name='lead level')),
            ],
            options={
                'verbose_name_plural': 'severities',
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'slug'), name='playbooks_severity_slug_once', violation_error_message='Something here has this slug already.'), models.UniqueConstraint(fields=('organization', 'rank'), name='severity_rank_once'), models.CheckConstraint(condition=models.Q(('rank__gte', 1)), name='severity_rank_from_one')],
            },
        ),
        migrations.CreateModel(
            name='Cadence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.organization')),
                ('severity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cadences', to='playbooks.severity')),
                ('audience', models.CharField(choices=[('technical', 'Technical'), ('coordination', 'Coordination'), ('leadership', 'Leadership'), ('customers', 'Customers')], max_length=12)),
                ('minutes', models.PositiveSmallIntegerField(blank=True, help_text='Minutes between two updates; empty: only when something changes.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1440)])),
                ('first_minutes', models.PositiveSmallIntegerField(blank=True, help_text='Minutes until the first word; empty: as long as between two updates.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1440)], verbose_name='first after')),
                ('minimum_minutes', models.PositiveSmallIntegerField(blank=True, help_text='Minutes that at least lie between two updates; sooner asks for a reason; empty: none.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1440)], verbose_name='at most every')),
                ('confirmation', models.CharField(choices=[('nobody', 'Nobody'), ('second', 'A second person'), ('lead', 'Whoever leads, for the facts')], default='nobody', help_text='Who confirms a draft before it is published. The holding text is confirmed by standing here.', max_length=8, verbose_name='confirmed by')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'severity', 'audience'), name='cadence_once'), models.CheckConstraint(condition=models.Q(('minutes', None), ('minutes__range', (1, 1440)), _connector='OR'), name='cadence_within_a_day'), models.CheckConstraint(condition=models.Q(('minutes', None), ('minimum_minutes', None), ('minimum_minutes__lte', models.F('minutes')), _connector='OR'), name='cadence_minimum_before_maximum', violation_error_message='The shortest time between two updates cannot be longer than the longest.')],
            },
        ),
        migrations.CreateModel(
            name='DecisionDeadline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.organization')),
                ('severity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='decision_deadlines', to='playbooks.severity')),
                ('decision_class', models.CharField(choices=[('investigation', 'Investigation: how to look, inside one domain'), ('coordination', 'Coordination: order, escalation, roll-back, who is involved'), ('priority', 'Priority: feature or fix, what is restored first'), ('resource', 'Resources: taking people from other commitments')], max_length=16)),
                ('minutes', models.PositiveSmallIntegerField(help_text='Minutes from the question to the moment at which it climbs.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10080)])),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'severity', 'decision_class'), name='decision_deadline_once'), models.CheckConstraint(condition=models.Q(('minutes__range', (1, 10080))), name='decision_deadline_within_a_week')],
            },
        ),
        migrations.CreateModel(
            name='GlossaryTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.organization')),
                ('slug', models.CharField(max_length=60, validators=[django.core.validators.RegexValidator('^[a-z0-9]+(?:[-_][a-z0-9]+)*$', 'Use lower-case letters, digits and hyphens.')])),
                ('name', models.CharField(max_length=120)),
                ('description', models.TextField(blank=True)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('plain', models.CharField(blank=True, help_text='The same in words that a customer knows.', max_length=200, verbose_name='say instead')),
            ],
            options={
                'verbose_name': 'glossary term',
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'slug'), name='playbooks_glossaryterm_slug_once', violation_error_message='Something here has this slug already.')],
            },
        ),
        migrations.CreateModel(
            name='HoldingText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.organization')),
                ('severity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='holding_texts', to='playbooks.severity')),
                ('audience', models.CharField(choices=[('technical', 'Technical'), ('coordination', 'Coordination'), ('leadership', 'Leadership'), ('customers', 'Customers')], max_length=12)),
                ('part', models.CharField(help_text='The field of the update.', max_length=40)),
                ('text', models.TextField(blank=True, max_length=400)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'severity', 'audience', 'part'), name='holding_text_once')],
            },
        ),
        migrations.CreateModel(
            name='AssessmentRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.organization')),
                ('scope', models.CharField(choices=[('all', 'All customers'), ('many', 'Many customers'), ('some', 'Some customers'), ('few', 'A few customers'), ('none', 'No customers'), ('unknown', 'Not known yet')], max_length=8)),
                ('criticality', models.CharField(choices=[('critical', 'Critical'), ('non_critical', 'Not critical'), ('unknown', 'Not known yet')], max_length=12)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'scope', 'criticality'), name='assessment_rule_once')],
            },
        ),
        migrations.CreateModel(
            name='AssessmentFunction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.organization')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='playbooks.assessmentrule')),
                ('function', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.function')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'rule', 'function'), name='assessment_function_once')],
            },
        ),
        migrations.CreateModel(
            name='IncidentType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.organization')),
                ('slug', models.CharField(max_length=60, validators=[django.core.validators.RegexValidator('^[a-z0-9]+(?:[-_][a-z0-9]+)*$', 'Use lower-case letters, digits and hyphens.')])),
                ('name', models.CharField(max_length=120)),
                ('description', models.TextField(blank=True)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('words', models.CharField(blank=True, help_text='Words, separated by commas, that make a title look like this type.', max_length=400)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'slug'), name='playbooks_incidenttype_slug_once', violation_error_message='Something here has this slug already.')],
            },
        ),
        migrations.CreateModel(
            name='RequiredFunction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.organization')),
                ('incident_type', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='requirements', to='playbooks.incidenttype')),
                ('function', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.function')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'incident_type', 'function'), name='required_function_once')],
            },
        ),
        migrations.CreateModel(
            name='Playbook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.organization')),
                ('slug', models.CharField(max_length=60, validators=[django.core.validators.RegexValidator('^[a-z0-9]+(?:[-_][a-z0-9]+)*$', 'Use lower-case letters, digits and hyphens.')])),
                ('name', models.CharField(max_length=120)),
                ('description', models.TextField(blank=True)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('incident_type', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='playbooks', to='playbooks.incidenttype')),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'slug'), name='playbooks_playbook_slug_once', violation_error_message='Something here has this slug already.')],
            },
        ),
        migrations.CreateModel(
            name='PlaybookVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.organization')),
                ('playbook', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='playbooks.playbook')),
                ('number', models.PositiveSmallIntegerField()),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published'), ('archived', 'Archived')], default='draft', max_length=10)),
                ('when_to_use', models.TextField(blank=True)),
                ('guidance', models.TextField(blank=True, help_text='What people should know before they start. Markdown.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('published_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='teams.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'playbook', 'number'), name='playbook_version_once'), models.UniqueConstraint(condition=models.Q(('state', 'draft')), fields=('organization', 'playbook'), name='playbook_one_draft'), models.UniqueConstraint(condition=models.Q(('state', 'published')), fields=('organization', 'playbook'), name='playbook_one_published')],
            },
        ),
        migrations.CreateModel(
            name='FunctionRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.organization')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='function_rules', to='playbooks.playbookversion')),
                ('function', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.function')),
                ('need', models.CharField(choices=[('required', 'Required'), ('advised', 'Advised')], default='required', max_length=8)),
                ('how', models.CharField(choices=[('page', 'Page'), ('invite', 'Invite'), ('inform', 'Inform')], default='page', max_length=6)),
                ('from_severity', models.ForeignKey(blank=True, help_text='Applies at this severity and worse; empty: at every severity.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='playbooks.severity')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'version', 'function'), name='function_rule_once')],
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.organization')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='playbooks.playbookversion')),
                ('phase', models.CharField(choices=[('first', 'First five minutes'), ('during', 'While it lasts'), ('after', 'Before it is closed')], default='first', max_length=6)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('role', models.CharField(blank=True, max_length=60)),
                ('text', models.CharField(max_length=200)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='assessmentrule',
            name='functions',
            field=models.ManyToManyField(related_name='assessment_rules', through='playbooks.AssessmentFunction', to='teams.function'),
        ),
        migrations.AddField(
            model_name='incidenttype',
            name='required_functions',
            field=models.ManyToManyField(related_name='incident_types', through='playbooks.RequiredFunction', to='teams.function'),
        ),
    ]
