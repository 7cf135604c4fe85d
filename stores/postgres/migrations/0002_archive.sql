-- The archive: every entry ever recorded, the newest line of each player and game, and how far the
-- fold that writes them has come.

-- How far each slot's archive fold has come. Moved by compare-and-set in the fold's transaction.
create table archive_cursor (
  slot       text   primary key,
  end_offset bigint not null,
  digest     bytea  not null
);

-- Every entry as it was recorded. Never trimmed: together with the journal's tail it is the truth.
create table stat_line (
  slot         text        not null,
  entry_offset bigint      not null,
  recorded_at  timestamptz not null,
  -- The arena's clock; null for what has no moment in the game.
  happened_at  timestamptz,
  kind         text        not null check (kind in ('live', 'team', 'official', 'game')),
  game_id      text        not null,
  -- The player, or the team of a team's line; null for facts of a game.
  subject_id   text,
  -- A courtside.journal.v1.Entry.
  body         bytea       not null,
  primary key (slot, entry_offset, recorded_at)
) partition by range (recorded_at);
alter table stat_line alter column body set storage external;

-- The games, as their newest facts say.
create table game (
  slot           text   not null,
  game_id        text   not null,
  facts_revision bigint not null,
  date           date,
  tip_off        timestamptz,
  home_team_id   text,
  away_team_id   text,
  status         text check (status in ('scheduled', 'live', 'final', 'postponed')),
  period         integer,
  clock_left_ms  integer,
  primary key (slot, game_id)
);

-- The newest lines of each player in each game. The named statistics are those that count; null is
-- unknown. live and official keep what they were decided from.
create table player_game (
  slot                     text    not null,
  game_id                  text    not null,
  player_id                text    not null,
  -- Null when neither line counts: an official line was withdrawn and no live one ever came.
  team_id                  text,
  official                 boolean not null,
  seconds_played           integer,
  points                   integer,
  field_goals_made         integer,
  field_goals_attempted    integer,
  three_pointers_made      integer,
  three_pointers_attempted integer,
  free_throws_made         integer,
  free_throws_attempted    integer,
  offensive_rebounds       integer,
  defensive_rebounds       integer,
  rebounds                 integer,
  assists                  integer,
  steals                   integer,
  blocks                   integer,
  turnovers                integer,
  personal_fouls           integer,
  live_line                jsonb,
  official_line            jsonb,
  primary key (slot, game_id, player_id)
);
create index player_game_of_player on player_game (slot, player_id);

-- The newest line of each team in each game: what no player's line has.
create table team_game (
  slot                    text  not null,
  game_id                 text  not null,
  team_id                 text  not null,
  team_offensive_rebounds integer,
  team_defensive_rebounds integer,
  team_turnovers          integer,
  bench_technicals        integer,
  live_line               jsonb not null,
  primary key (slot, game_id, team_id)
);

-- Season totals per player and team. Views, so they cannot drift from the lines.
create view player_team_season as
  select slot, player_id, team_id, count(*)::integer as games_played,
    coalesce(sum(seconds_played), 0) as seconds_played,
    coalesce(sum(points), 0) as points,
    coalesce(sum(field_goals_made), 0) as field_goals_made,
    coalesce(sum(field_goals_attempted), 0) as field_goals_attempted,
    coalesce(sum(three_pointers_made), 0) as three_pointers_made,
    coalesce(sum(three_pointers_attempted), 0) as three_pointers_attempted,
    coalesce(sum(free_throws_made), 0) as free_throws_made,
    coalesce(sum(free_throws_attempted), 0) as free_throws_attempted,
    coalesce(sum(offensive_rebounds), 0) as offensive_rebounds,
    coalesce(sum(defensive_rebounds), 0) as defensive_rebounds,
    coalesce(sum(rebounds), 0) as rebounds,
    coalesce(sum(assists), 0) as assists,
    coalesce(sum(steals), 0) as steals,
    coalesce(sum(blocks), 0) as blocks,
    coalesce(sum(turnovers), 0) as turnovers,
    coalesce(sum(personal_fouls), 0) as personal_fouls
  from player_game
  where team_id is not null
  group by slot, player_id, team_id;

-- Season totals per player over all teams.
create view player_season as
  select slot, player_id, sum(games_played)::integer as games_played,
    sum(seconds_played) as seconds_played,
    sum(points) as points,
    sum(field_goals_made) as field_goals_made,
    sum(field_goals_attempted) as field_goals_attempted,
    sum(three_pointers_made) as three_pointers_made,
    sum(three_pointers_attempted) as three_pointers_attempted,
    sum(free_throws_made) as free_throws_made,
    sum(free_throws_attempted) as free_throws_attempted,
    sum(offensive_rebounds) as offensive_rebounds,
    sum(defensive_rebounds) as defensive_rebounds,
    sum(rebounds) as rebounds,
    sum(assists) as assists,
    sum(steals) as steals,
    sum(blocks) as blocks,
    sum(turnovers) as turnovers,
    sum(personal_fouls) as personal_fouls
  from player_team_season
  group by slot, player_id;

-- Season totals per team: the sums of its players' lines.
create view team_season as
  select slot, team_id, count(distinct game_id)::integer as games_played,
    coalesce(sum(seconds_played), 0) as seconds_played,
    coalesce(sum(points), 0) as points,
    coalesce(sum(field_goals_made), 0) as field_goals_made,
    coalesce(sum(field_goals_attempted), 0) as field_goals_attempted,
    coalesce(sum(three_pointers_made), 0) as three_pointers_made,
    coalesce(sum(three_pointers_attempted), 0) as three_pointers_attempted,
    coalesce(sum(free_throws_made), 0) as free_throws_made,
    coalesce(sum(free_throws_attempted), 0) as free_throws_attempted,
    coalesce(sum(offensive_rebounds), 0) as offensive_rebounds,
    coalesce(sum(defensive_rebounds), 0) as defensive_rebounds,
    coalesce(sum(rebounds), 0) as rebounds,
    coalesce(sum(assists), 0) as assists,
    coalesce(sum(steals), 0) as steals,
    coalesce(sum(blocks), 0) as blocks,
    coalesce(sum(turnovers), 0) as turnovers,
    coalesce(sum(personal_fouls), 0) as personal_fouls
  from player_game
  where team_id is not null
  group by slot, team_id;

-- Makes the partitions of a month and the following ones, so that no fold ever waits for one.
create function archive_prepare(first_month timestamptz, months integer)
  returns void language plpgsql as $$
declare
  month date;
  name text;
begin
  perform pg_advisory_xact_lock(hashtext('archive_prepare'));
  for ahead in 0..months - 1 loop
    month := (date_trunc('month', first_month at time zone 'UTC')
      + make_interval(months => ahead))::date;
    name := 'stat_line_' || to_char(month, 'YYYYMM');
    if to_regclass(name) is null then
      execute format(
        'create table %I partition of stat_line for values from (%L) to (%L)', name,
        month::text || ' 00:00:00+00', (month + interval '1 month')::date::text || ' 00:00:00+00');
    end if;
  end loop;
end $$;
