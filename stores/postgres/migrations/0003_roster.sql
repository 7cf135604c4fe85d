-- The roster: the names of teams and players. Reference data, not folded from the journal.
create table team (
  league  text not null,
  team_id text not null,
  tricode text not null,
  city    text not null,
  name    text not null,
  primary key (league, team_id)
);

create table player (
  league    text   not null,
  player_id text   not null,
  name      text   not null,
  aliases   text[] not null,
  primary key (league, player_id)
);

-- Rises with every change of a league's names, so that a cache knows when to read them again.
create table roster_version (
  league  text   primary key,
  version bigint not null
);
