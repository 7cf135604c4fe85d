-- Totals by day, week and month: views, so that they cannot drift from the lines. A line that counts is
-- in the windows of its game's own date, whole, whenever its plays or corrections came; that of a game
-- without a date is in none. Windows are half-open: until_day is the first day after. Weeks begin on
-- Monday.
create view line_window as
  select slot, game_id, player_id, team_id, kind, from_day, until_day,
    seconds_played,
    points,
    field_goals_made,
    field_goals_attempted,
    three_pointers_made,
    three_pointers_attempted,
    free_throws_made,
    free_throws_attempted,
    offensive_rebounds,
    defensive_rebounds,
    rebounds,
    assists,
    steals,
    blocks,
    turnovers,
    personal_fouls
  from player_game
  join game using (slot, game_id)
  -- Without a time zone: the answer must not be another one in another session.
  cross join lateral (values
    ('day', date, date + 1),
    ('week', date_trunc('week', date::timestamp)::date,
      (date_trunc('week', date::timestamp) + interval '1 week')::date),
    ('month', date_trunc('month', date::timestamp)::date,
      (date_trunc('month', date::timestamp) + interval '1 month')::date)
  ) as counted_in (kind, from_day, until_day)
  where team_id is not null and date is not null;

-- Totals of a player over all teams.
create view player_window as
  select slot, player_id, kind, from_day, until_day, count(*)::integer as games_played,
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
  from line_window
  group by slot, player_id, kind, from_day, until_day;

-- Totals per team: the sums of its players' lines.
create view team_window as
  select slot, team_id, kind, from_day, until_day, count(distinct game_id)::integer as games_played,
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
  from line_window
  group by slot, team_id, kind, from_day, until_day;
