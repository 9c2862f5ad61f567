-- By itself: what follows takes its time, and all that asks for a tenant would wait for the lock of this.

-- What keys of a tenant's orders are salted with. Whoever knows it can make up two keys that become one.
alter table spillway.tenants add column key_salt uuid not null default gen_random_uuid();
