-- holdfast: backward-compatible
-- Counted up by the process that works on the job, while it does; nothing where that is an earlier build.
ALTER TABLE job_key ADD COLUMN beat INTEGER;
