"""The statements that read access privileges of PostgreSQL objects out of the catalogues."""

from __future__ import annotations

from scanner.transport.sql import Statement

_GRANTEE = """
           CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee)::text END AS grantee,
           a.grantee = 0 AS public,
           EXISTS (SELECT 1 FROM pg_roles AS g WHERE g.oid = a.grantee AND g.rolcanlogin) AS grantee_can_login,
           array_agg(DISTINCT a.privilege_type ORDER BY a.privilege_type) AS privileges,
           array_agg(DISTINCT a.privilege_type ORDER BY a.privilege_type) FILTER (WHERE a.is_grantable) AS grantable
"""

# `usual` is what PUBLIC holds on new objects of that kind; pg_init_privs what initdb and extensions granted, but for
# information_schema, which initdb makes later. A grant of the same cannot be told from these, and is no deviation.
GRANTS = Statement(
    "grants",
    """
    WITH objects AS (
      SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
                          WHEN 'f' THEN 'foreign table' WHEN 'p' THEN 'partitioned table' ELSE 'table' END AS kind,
             relnamespace AS schema, relname::text AS object, NULL::text AS "column", relowner AS owner, relacl AS acl,
             'pg_class'::regclass AS class, oid, 0 AS part, '' AS usual
      FROM pg_class WHERE relacl IS NOT NULL
      UNION ALL
      SELECT 'column', c.relnamespace, c.relname, a.attname, c.relowner, a.attacl, 'pg_class'::regclass, c.oid,
             a.attnum, ''
      FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
      UNION ALL
      SELECT 'schema', oid, nspname, NULL, nspowner, nspacl, 'pg_namespace'::regclass, oid, 0, ''
      FROM pg_namespace WHERE nspacl IS NOT NULL
      UNION ALL
      SELECT CASE prokind WHEN 'p' THEN 'procedure' ELSE 'function' END, pronamespace,
             proname || '(' || pg_get_function_identity_arguments(oid) || ')', NULL, proowner, proacl,
             'pg_proc'::regclass, oid, 0, 'EXECUTE'
      FROM pg_proc WHERE proacl IS NOT NULL
      UNION ALL
      SELECT 'type', typnamespace, typname, NULL, typowner, typacl, 'pg_type'::regclass, oid, 0, 'USAGE'
      FROM pg_type WHERE typacl IS NOT NULL
      UNION ALL
      SELECT 'language', NULL, lanname, NULL, lanowner, lanacl, 'pg_language'::regclass, oid, 0, 'USAGE'
      FROM pg_language WHERE lanacl IS NOT NULL
      UNION ALL
      SELECT 'foreign-data wrapper', NULL, fdwname, NULL, fdwowner, fdwacl, 'pg_foreign_data_wrapper'::regclass, oid,
             0, ''
      FROM pg_foreign_data_wrapper WHERE fdwacl IS NOT NULL
      UNION ALL
      SELECT 'foreign server', NULL, srvname, NULL, srvowner, srvacl, 'pg_foreign_server'::regclass, oid, 0, ''
      FROM pg_foreign_server WHERE srvacl IS NOT NULL
      UNION ALL
      SELECT 'large object', NULL, oid::text, NULL, lomowner, lomacl, 'pg_largeobject'::regclass, oid, 0, ''
      FROM pg_largeobject_metadata WHERE lomacl IS NOT NULL)
    SELECT o.kind, n.nspname::text AS schema, o.object, o."column", pg_get_userbyid(o.owner)::text AS owner,{GRANTEE}
    FROM objects AS o CROSS JOIN LATERAL aclexplode(o.acl) AS a LEFT JOIN pg_namespace AS n ON n.oid = o.schema
    LEFT JOIN pg_init_privs AS i ON i.objoid = o.oid AND i.classoid = o.class AND i.objsubid = o.part
    WHERE a.grantee <> o.owner AND NOT (a.grantee = 0 AND a.privilege_type = o.usual)
      AND NOT EXISTS (SELECT 1 FROM aclexplode(i.initprivs) AS p
                      WHERE p.grantee = a.grantee AND p.privilege_type = a.privilege_type)
      AND NOT (a.grantee = 0 AND a.privilege_type IN ('SELECT', 'USAGE')
               AND coalesce(n.nspname = 'information_schema', false))
      AND coalesce(n.nspname !~ '^pg_(toast|temp_|toast_temp_)', true)
    GROUP BY o.class, o.oid, o.part, o.kind, n.nspname, o.object, o."column", o.owner, a.grantee
    ORDER BY 1, 2, 3, 4, 6
    """.replace("{GRANTEE}", _GRANTEE),
    limit=100_000,
    everywhere=True,
)
SHARED = Statement(
    "shared_grants",
    """
    WITH objects AS (
      SELECT 'database' AS kind, datname::text AS database, datname::text AS object, datdba AS owner, datacl AS acl,
             ARRAY['CONNECT', 'TEMPORARY'] AS usual
      FROM pg_database
      UNION ALL
      SELECT 'tablespace', NULL, spcname, spcowner, spcacl, '{}' FROM pg_tablespace
      UNION ALL
      SELECT 'parameter', NULL, parname, 10, paracl, '{}' FROM pg_parameter_acl)
    SELECT o.kind, o.database, NULL::text AS schema, o.object, NULL::text AS "column",
           pg_get_userbyid(o.owner)::text AS owner,{GRANTEE}
    FROM objects AS o CROSS JOIN LATERAL aclexplode(o.acl) AS a
    WHERE a.grantee <> o.owner AND NOT (a.grantee = 0 AND a.privilege_type = ANY (o.usual))
    GROUP BY o.kind, o.database, o.object, o.owner, a.grantee
    ORDER BY 1, 4, 7
    """.replace("{GRANTEE}", _GRANTEE),
    limit=100_000,
)
DEFAULTS = Statement(
    "default_privileges",
    """
    SELECT pg_get_userbyid(d.defaclrole)::text AS role, n.nspname::text AS schema,
           CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                                WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' WHEN 'L' THEN 'large objects'
                                ELSE d.defaclobjtype::text END AS kind,
           CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee)::text END AS grantee,
           a.grantee = 0 AS public, array_agg(a.privilege_type ORDER BY a.privilege_type) AS privileges
    FROM pg_default_acl AS d CROSS JOIN LATERAL aclexplode(d.defaclacl) AS a
    LEFT JOIN pg_namespace AS n ON n.oid = d.defaclnamespace
    WHERE a.grantee <> d.defaclrole
      AND NOT (a.grantee = 0 AND (d.defaclobjtype = 'f' AND a.privilege_type = 'EXECUTE'
                                  OR d.defaclobjtype = 'T' AND a.privilege_type = 'USAGE'))
    GROUP BY d.defaclrole, n.nspname, d.defaclobjtype, a.grantee
    ORDER BY 1, 2, 3, 4
    """,
    everywhere=True,
)
SCHEMAS = Statement(
    "schemas",
    """
    SELECT nspname::text AS schema, pg_get_userbyid(nspowner)::text AS owner,
           nspname IN ('pg_catalog', 'information_schema') AS system,
           EXISTS (SELECT 1 FROM aclexplode(coalesce(nspacl, acldefault('n', nspowner))) AS a
                   WHERE a.grantee = 0 AND a.privilege_type = 'CREATE') AS public_create,
           EXISTS (SELECT 1 FROM aclexplode(coalesce(nspacl, acldefault('n', nspowner))) AS a
                   WHERE a.grantee = 0 AND a.privilege_type = 'USAGE') AS public_usage
    FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp_|toast_temp_)' ORDER BY nspname
    """,
    everywhere=True,
)
