-- Trees of categories stay as deep as they may be, and lists stay in line with them.
--
-- A category that was moved took its parts below the deepest level; far enough below, products were no longer
-- listed in the categories at the top. And a product that was put into a category while that was being moved was
-- listed in those that the category had been a part of before.

-- Levels of a category and its parts, itself counted; not counted further than one above the bound.
create function spillway.category_height(in_tenant text, in_slug text, most bigint) returns bigint
language sql stable as $$
  with recursive part (slug, level) as (
    select in_slug collate "C", 1::bigint
    union all
    select c.slug, part.level + 1 from part join spillway.categories c
      on c.tenant_id = in_tenant and c.parent = part.slug where part.level <= most
  )
  select max(level) from part
$$;

-- Adds a category, or changes the parts that are not null; a parent of '' puts it at the top. Returns
-- what came of it: PUT, CONFLICT (to be added and there already), UNKNOWN (to be changed and not there),
-- PARENT (there is no such parent, or it is a part of the category itself, or lies too deep for the category
-- and its parts), or FULL.
create or replace function spillway.put_category(
  in_tenant text, in_slug text, is_new boolean, in_parent text, in_position integer,
  languages text[], in_names text[], deepest bigint, most bigint
) returns text language plpgsql as $$
declare
  before text;
  line text[];
begin
  -- Trees are changed by one at a time: two changes could make a ring.
  perform from spillway.tenants where tenant_id = in_tenant for no key update;
  select coalesce(parent, '') into before from spillway.categories
   where tenant_id = in_tenant and slug = in_slug;
  if is_new = found then
    return case when is_new then 'CONFLICT' else 'UNKNOWN' end;
  end if;
  if is_new and (select count(*) from spillway.categories where tenant_id = in_tenant) >= most then
    return 'FULL';
  end if;
  if in_parent <> '' then
    line := array(select spillway.category_line(in_tenant, in_parent));
    if cardinality(line) = 0 or cardinality(line) >= deepest or in_slug = any(line) then
      return 'PARENT';
    end if;
    if in_parent <> before and cardinality(line) + spillway.category_height(in_tenant, in_slug, deepest)
      > deepest then
      return 'PARENT';
    end if;
  end if;
  insert into spillway.categories as c (tenant_id, slug, parent, position)
  values (in_tenant, in_slug, nullif(in_parent, ''), coalesce(in_position, 0))
  on conflict (tenant_id, slug) do update
    set parent = case when in_parent is null then c.parent else excluded.parent end,
        position = coalesce(in_position, c.position), updated_at = clock_timestamp();
  delete from spillway.category_texts t using unnest(languages, in_names) as f (language, name)
   where t.tenant_id = in_tenant and t.slug = in_slug and t.language = f.language and f.name is null;
  insert into spillway.category_texts (tenant_id, slug, language, name)
  select in_tenant, in_slug, f.language, f.name from unnest(languages, in_names) as f (language, name)
   where f.name is not null
  on conflict (tenant_id, slug, language) do update set name = excluded.name;
  if in_parent is distinct from before and in_parent is not null and not is_new then
    perform spillway.refresh_products(in_tenant, array(
      select distinct product_id from spillway.product_categories p
       where p.tenant_id = in_tenant
         and in_slug in (select spillway.category_line(in_tenant, p.category))));
  end if;
  insert into spillway.catalog_changes (tenant_id) values (in_tenant);
  return 'PUT';
end;
$$;

-- Adds a product, or changes the parts that are not null; languages whose name is null are taken out.
-- Returns false when a product to be changed is not there. Raises a foreign key violation when there is no
-- such category.
create or replace function spillway.put_product(
  in_tenant text, in_product uuid, is_new boolean, in_actor text, in_name text, in_status text,
  languages text[], in_names text[], descriptions text[], in_categories text[]
) returns boolean language plpgsql as $$
begin
  if in_categories <> '{}' then
    -- The tree stays as it is until the product's lists are written.
    perform from spillway.tenants where tenant_id = in_tenant for share;
  end if;
  if is_new then
    insert into spillway.products (tenant_id, product_id, name, status, created_by)
    values (in_tenant, in_product, in_name, coalesce(in_status, 'active'), in_actor);
  else
    update spillway.products
       set name = coalesce(in_name, name), status = coalesce(in_status, status),
           updated_at = clock_timestamp()
     where tenant_id = in_tenant and product_id = in_product;
    if not found then
      return false;
    end if;
  end if;
  delete from spillway.product_texts t using unnest(languages, in_names) as f (language, name)
   where t.tenant_id = in_tenant and t.product_id = in_product and t.language = f.language
     and f.name is null;
  insert into spillway.product_texts (tenant_id, product_id, language, name, description)
  select in_tenant, in_product, f.language, f.name, coalesce(f.description, '')
    from unnest(languages, in_names, descriptions) as f (language, name, description)
   where f.name is not null
  on conflict (tenant_id, product_id, language) do update
    set name = excluded.name, description = excluded.description;
  if in_categories is not null then
    delete from spillway.product_categories
     where tenant_id = in_tenant and product_id = in_product and category <> all(in_categories);
    insert into spillway.product_categories (tenant_id, product_id, category)
    select in_tenant, in_product, category from unnest(in_categories) f (category)
    on conflict do nothing;
  end if;
  perform spillway.refresh_products(in_tenant, array[in_product]);
  return true;
end;
$$;

-- What is listed elsewhere than it should be.
do $$
declare
  tenant text;
  astray uuid[];
begin
  for tenant in select tenant_id from spillway.tenants order by tenant_id loop
    astray := array(
      select distinct l.product_id from spillway.product_listings l
        join spillway.derived_listings(tenant, array(
          select product_id from spillway.products where tenant_id = tenant)) d
          on d.market = l.market and d.product_id = l.product_id
       where l.tenant_id = tenant and l.categories is distinct from d.categories);
    if astray <> '{}' then
      perform spillway.refresh_products(tenant, astray);
    end if;
  end loop;
end;
$$;
