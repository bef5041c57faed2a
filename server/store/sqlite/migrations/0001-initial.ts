import type { Migration } from "./migration.ts";

/*
 * Indexes decide the cost of a write, so each one is here for a query of the ports:
 * - lists are ordered by (created_at, id) and every filter of a list leads an index that ends in that order;
 * - the indexes of runs carry the status, since "the failed runs of this workflow" is the common question; a list of any status merges one range a status;
 * - the journal is a table in order of writing. A primary key of run and sequence would spread each commit over as many pages as it has runs.
 */
export const initial: Migration = {
  version: 1,
  name: "initial",
  sql: `
    create table meta (key text primary key, value) without rowid;

    create table resources (
      kind text not null, id text not null, org text not null, slug text not null, scope integer not null, parent text, lookup text,
      created_at integer not null, updated_at integer not null, version integer not null, labels text, data blob not null
    );
    create unique index resources_id on resources (kind, id);
    create unique index resources_slug on resources (kind, slug, org);
    create index resources_lookup on resources (kind, lookup, org) where lookup is not null;
    create index resources_kind on resources (kind, created_at, id);
    create index resources_org on resources (kind, org, created_at, id);
    create index resources_parent on resources (kind, parent, created_at, id) where parent is not null;
    create table resource_labels (
      kind text not null, key text not null, value text not null, created_at integer not null, id text not null,
      primary key (kind, key, value, created_at, id)
    ) without rowid;

    create table definitions (
      workflow_id text not null, revision integer not null, digest text not null, version text not null, created_at integer not null,
      source text not null, document text not null
    );
    create unique index definitions_revision on definitions (workflow_id, revision);
    create index definitions_digest on definitions (digest, workflow_id, revision);

    create table runs (
      run integer primary key, id text not null, org text not null, slug text not null, workflow_id text not null, instance_id text not null,
      digest text not null, status integer not null, reason text, created_at integer not null, started_at integer, ended_at integer,
      idempotency_key text, parent_run integer, parent_command integer, labels text, data blob not null, output text, fault text,
      head integer not null, active integer not null, version integer not null
    );
    create unique index runs_id on runs (id);
    create unique index runs_slug on runs (slug, org);
    create unique index runs_idempotency on runs (org, idempotency_key) where idempotency_key is not null;
    create index runs_status on runs (status, created_at);
    create index runs_org on runs (org, status, created_at);
    create index runs_workflow on runs (workflow_id, status, created_at);
    create index runs_instance on runs (instance_id, status, created_at);
    create index runs_active on runs (active) where active = 1;
    create index runs_ended on runs (ended_at) where ended_at is not null;
    create table run_labels (
      key text not null, value text not null, created_at integer not null, run integer not null,
      primary key (key, value, created_at, run)
    ) without rowid;

    create table journal (
      id integer primary key, run integer not null, seq integer not null, at integer not null, data text not null, crc integer not null, chain text not null
    );
    create index journal_run on journal (run, seq);
    create table snapshots (run integer primary key, seq integer not null, data text not null, crc integer not null, chain text not null);

    create table timers (due_at integer not null, run integer not null, id integer not null, primary key (due_at, run, id)) without rowid;
    create index timers_run on timers (run);

    create table subscriptions (
      run integer not null, id integer not null, org text not null, keys text not null, filters text not null, primary key (run, id)
    ) without rowid;
    create table subscription_keys (
      org text not null, key text not null, run integer not null, id integer not null, primary key (org, key, run, id)
    ) without rowid;

    create table blobs (digest text not null, data blob not null);
    create unique index blobs_digest on blobs (digest);

    create table records (space text not null, key text not null, value text not null, primary key (space, key)) without rowid;
  `,
};
