-- A term that a failover loses is never given again: it has the number of the timeline that it began on.
-- Counted from the term before, two failovers in a row gave two of them one number, and a position of the
-- lost one was taken for one of the other.

-- The term of the first append on a timeline, after another term of the log. Timelines are numbers in
-- hexadecimal, and each promotion takes a higher one.
create function journal_term_after(term integer, timeline text) returns integer
language sql immutable as $$
  select greatest(term + 1, ('x' || timeline)::bit(32)::integer)
$$;

-- The functions that begin a term are the same in all else.
do $$
declare
  name text;
  was text;
begin
  foreach name in array array['journal_append', 'journal_put'] loop
    was := pg_get_functiondef(name::regproc);
    if was !~ 'head\.term \+ 1' then
      raise exception '% begins no term', name;
    end if;
    execute replace(was, 'head.term + 1', 'journal_term_after(head.term, timeline_now)');
  end loop;
end $$;
