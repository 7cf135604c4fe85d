-- What reading from the archive needs: when the last entry folded was recorded, so that an answer can
-- tell its age.
alter table archive_cursor add column recorded_at timestamptz not null default '-infinity';
