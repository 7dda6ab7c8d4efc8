-- Label Studio's own tables (Community 1.22 and 1.23, PostgreSQL 14 or later) as a store of perfwidget's:
--   perfwidget label-studio views --install postgresql://OWNER@HOST/DATABASE    as the owner of Label Studio's tables
--   perfwidget serve --label-studio URL --store "postgresql://performance@HOST/DATABASE?views=performance"
-- Views hold on to the columns that they speak of. Take them away before Label Studio is upgraded (--remove), and
-- install them again behind it.
-- Community records no reviews, visits, comments or workspaces, so that these are empty. Who created the organization is
-- its owner, everybody else an annotator; people belong to the projects that they worked in.

DROP SCHEMA IF EXISTS performance CASCADE;
CREATE SCHEMA performance;

-- Whole microseconds since 1970. It may be indexed.
CREATE FUNCTION performance.microseconds(instant timestamptz) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (extract(epoch FROM instant AT TIME ZONE 'UTC') * 1000000)::bigint;

CREATE VIEW performance.members AS
SELECT belongs.organization_id,
       person.id AS user_id,
       nullif(person.email, '') AS email,
       nullif(trim(person.first_name || ' ' || person.last_name), '') AS display_name,
       CASE WHEN organization.created_by_id = person.id THEN 'owner' ELSE 'annotator' END AS role,
       person.is_active AND bool_or(belongs.deleted_at IS NULL) AS active
FROM organizations_organizationmember belongs
JOIN htx_user person ON person.id = belongs.user_id
JOIN organization ON organization.id = belongs.organization_id
GROUP BY belongs.organization_id, person.id, organization.id;

CREATE VIEW performance.workspaces AS
SELECT NULL::integer AS organization_id, NULL::integer AS workspace_id, NULL::text AS title WHERE FALSE;

CREATE VIEW performance.projects AS
SELECT organization_id, id AS project_id, NULL::integer AS workspace_id, coalesce(nullif(title, ''), 'Project ' || id) AS title
FROM project WHERE deleted_at IS NULL;

CREATE VIEW performance.annotations AS
SELECT project.organization_id,
       done.id AS annotation_id,
       done.project_id,
       done.task_id,
       done.completed_by_id AS completed_by,
       performance.microseconds(done.created_at) AS created_at,
       performance.microseconds(done.draft_created_at) AS started_at,
       performance.microseconds(CASE WHEN own.last_change THEN done.updated_at ELSE done.created_at END) AS completed_at,
       NOT own.last_change AND done.last_action IS DISTINCT FROM 'submitted'
           AND done.updated_at >= done.created_at + interval '1 second' AS completed_at_estimated,
       performance.microseconds(done.updated_at) AS updated_at,
       -- From 0 to 10⁹ s, in microseconds rounded half to even; -1 for what is no time.
       CASE WHEN done.lead_time IS NULL THEN NULL
            WHEN NOT done.lead_time BETWEEN 0 AND 1e9 THEN -1
            WHEN scaled.lead_time - trunc(scaled.lead_time) = 0.5 AND mod(trunc(scaled.lead_time), 2) = 0
                THEN trunc(scaled.lead_time)
            ELSE round(scaled.lead_time) END::bigint AS lead_time,
       known.last_action,
       done.was_cancelled,
       -- What is odd: 1 somebody else wrote it last, 2 imported, 4 longer than its task existed, 8 a prediction.
       (odd.posted_by_other::int + 2 * odd.imported::int
           + 4 * (NOT odd.imported AND coalesce(done.lead_time BETWEEN 0 AND 1e9 AND round(scaled.lead_time) >
               performance.microseconds(CASE WHEN own.last_change THEN done.updated_at ELSE done.created_at END)
               - performance.microseconds(task.created_at), FALSE))::int
           + 8 * made.of_prediction::int)::bigint AS flags
FROM task_completion done
JOIN project ON project.id = done.project_id AND project.deleted_at IS NULL
LEFT JOIN task ON task.id = done.task_id
CROSS JOIN LATERAL (
    SELECT coalesce(done.updated_by_id = done.completed_by_id, TRUE) AS change,
           done.updated_at >= done.created_at + interval '1 second' AS later
) by_owner
-- Community leaves last_action empty: an update is a change by the annotator a second or more after the creation, and
-- nobody has worked on a copy of another annotation that has no time and was never updated.
CROSS JOIN LATERAL (
    SELECT coalesce(nullif(done.last_action, ''),
                    CASE WHEN done.was_cancelled THEN 'skipped'
                         WHEN by_owner.change AND by_owner.later THEN 'updated'
                         WHEN done.parent_annotation_id IS NOT NULL AND done.lead_time IS NULL
                             THEN 'propagated_annotation'
                         ELSE 'submitted' END) AS last_action
) known
CROSS JOIN LATERAL (
    SELECT done.parent_prediction_id IS NOT NULL AND done.lead_time IS NULL
           AND NOT (by_owner.change AND by_owner.later) AND known.last_action <> 'updated' AS of_prediction
) made
CROSS JOIN LATERAL (
    SELECT coalesce(done.updated_by_id, done.last_created_by_id) IS DISTINCT FROM done.completed_by_id
           AND coalesce(done.updated_by_id, done.last_created_by_id) IS NOT NULL
           AND (known.last_action NOT IN ('accepted', 'rejected', 'fixed_and_accepted', 'deleted_review')
                OR coalesce(done.updated_by_id <> done.last_created_by_id, FALSE)) AS posted_by_other,
           done.import_id IS NOT NULL
           OR (done.updated_by_id IS NULL AND done.completed_by_id IS NOT NULL AND NOT by_owner.later
               AND NOT made.of_prediction AND known.last_action <> 'propagated_annotation') AS imported
) odd
CROSS JOIN LATERAL (
    SELECT known.last_action IN ('updated', 'skipped') AND by_owner.change
           AND coalesce(done.last_created_by_id = done.completed_by_id, TRUE) AS last_change
) own
CROSS JOIN LATERAL (SELECT done.lead_time::text::numeric * 1000000 AS lead_time) scaled;

CREATE VIEW performance.memberships AS
SELECT DISTINCT organization_id, completed_by AS user_id, NULL::integer AS workspace_id, project_id
FROM performance.annotations WHERE completed_by IS NOT NULL;

CREATE VIEW performance.actions AS
SELECT organization_id, 'annotation-' || annotation_id AS action_id, annotation_id, project_id, task_id,
       completed_by AS user_id,
       CASE WHEN was_cancelled THEN 'skipped'
            WHEN last_action IN ('accepted', 'rejected', 'fixed_and_accepted', 'deleted_review') THEN 'submitted'
            ELSE last_action END AS action,
       started_at, completed_at AS created_at, lead_time, NULL::integer AS review_id, NULL::integer AS comment_id
FROM performance.annotations;

CREATE VIEW performance.reviews AS
SELECT NULL::integer AS organization_id, NULL::integer AS review_id, NULL::integer AS annotation_id,
       NULL::integer AS project_id, NULL::integer AS task_id, NULL::integer AS completed_by,
       NULL::integer AS reviewer_id, NULL::text AS action, NULL::bigint AS score, NULL::bigint AS created_at
WHERE FALSE;

CREATE VIEW performance.review_visits AS
SELECT NULL::integer AS organization_id, NULL::integer AS visit_id, NULL::integer AS annotation_id,
       NULL::integer AS project_id, NULL::integer AS user_id, NULL::bigint AS opened_at, NULL::bigint AS closed_at,
       NULL::integer AS review_id
WHERE FALSE;

CREATE VIEW performance.comments AS
SELECT NULL::integer AS organization_id, NULL::integer AS comment_id, NULL::integer AS annotation_id,
       NULL::integer AS project_id, NULL::integer AS task_id, NULL::integer AS completed_by,
       NULL::integer AS created_by, NULL::text AS text, NULL::bigint AS created_at, NULL::bigint AS updated_at,
       NULL::boolean AS is_resolved, NULL::bigint AS resolved_at
WHERE FALSE;

CREATE VIEW performance.recorded AS
SELECT id AS organization_id, 'flags'::text AS kind, NULL::bigint AS since FROM organization;

-- A role that reads these views and nothing else. Give it a password, or let pg_hba.conf say who it is.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'performance') THEN
        CREATE ROLE performance LOGIN;
    END IF;
END
$$;
GRANT USAGE ON SCHEMA performance TO performance;
GRANT SELECT ON ALL TABLES IN SCHEMA performance TO performance;
