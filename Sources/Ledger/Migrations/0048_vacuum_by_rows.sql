-- Old versions of rows are cleared away whenever there are so many, not when they are a fifth of their table: that
-- fifth grew with the table, and with it what every reader passes over. These three grow without end and are
-- changed once a row; the others that change stay small.
alter table spillway.orders set (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000);
alter table spillway.cell_commands set (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000);
alter table spillway.idempotency_records set (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000);
