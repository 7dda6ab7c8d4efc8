-- This has not been run, for no cluster was at hand: a ClickHouse store replicated, and sharded by organization.
--
-- It follows ClickHouse's documentation; try it with your own facts before you pay by it. What was tested is one
-- server's tables as perfwidget makes them itself.
--
-- What must hold: a statement that was answered is seen by the next one, whichever replica that asks. So every
-- connection of the store needs the settings below, and all shards of the three small tables are one shard.

CREATE DATABASE perfwidget ON CLUSTER '{cluster}' ENGINE = Replicated('/clickhouse/databases/perfwidget', '{shard}', '{replica}');

CREATE SETTINGS PROFILE perfwidget ON CLUSTER '{cluster}' SETTINGS
    insert_quorum = 'auto', insert_quorum_parallel = 0,  -- an insert is answered when most replicas have it,
    select_sequential_consistency = 1,                   -- and a select sees all that was answered before it
    distributed_foreground_insert = 1,                   -- inserts into Distributed tables wait for the shards
    mutations_sync = 2, lightweight_deletes_sync = 2,
    prefer_localhost_replica = 0;

-- Replicated, one shard: let perfwidget make its tables on one server (`perfwidget import --store clickhouse://…` of an
-- empty file), take each from SHOW CREATE TABLE, and make it here with ReplicatedMergeTree in place of MergeTree:

CREATE TABLE perfwidget.writes (write UInt64, state String, writer String, at DateTime64(6, 'UTC') DEFAULT now64(6))
ENGINE = ReplicatedMergeTree ORDER BY (state, write);

-- Sharded: an organization is never asked about together with another, so the plain way is a store for each group of
-- organizations, on a shard of its own (one address each). If it must be one database, every table of rows becomes a
-- Distributed one over local ones, with all of an organization on one shard; `ended`, `writes`, `claims` and
-- `perfwidget` stay unsharded, and joins and lists go to the shards whole:

-- CREATE TABLE perfwidget.annotations_rows_local (…) ENGINE = ReplicatedMergeTree
--     ORDER BY (organization_id, completed_by, completed_at, annotation_id) SETTINGS allow_nullable_key = 1;
-- CREATE TABLE perfwidget.annotations_rows AS perfwidget.annotations_rows_local
--     ENGINE = Distributed('{cluster}', perfwidget, annotations_rows_local, cityHash64(organization_id));
-- ALTER SETTINGS PROFILE perfwidget SETTINGS distributed_product_mode = 'global';
--
-- DELETE does not reach through Distributed tables: clear such a store away with ON CLUSTER statements of your own.
