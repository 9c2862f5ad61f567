-- A campaign is decided in a cell of its own tenant.

alter table spillway.cells add constraint cells_with_tenant unique (cell, tenant_id);

alter table spillway.campaigns
  add constraint campaigns_cell_of_tenant foreign key (cell, tenant_id)
    references spillway.cells (cell, tenant_id),
  -- What the new constraint says as well.
  drop constraint campaigns_cell_fkey;
