-- The catalogue: what products are called in each language, where they stand in the tree of categories,
-- what they cost for a while, and how they are found and ordered.
--
-- Whatever writes to these tables goes through the functions below: they keep the listings in line and
-- note what changed, for the memories of the API nodes.

create extension if not exists pg_trgm schema spillway;

alter table spillway.products
  -- Only active ones are shown and listed.
  add column status text not null default 'active' check (status in ('draft', 'active', 'retired')),
  -- The words that a search finds the product by, its tenant among them; see search_lexemes.
  add column words tsvector not null default '',
  -- Its names in one line, for parts of words.
  add column names text not null default '';

create table spillway.product_texts (
  tenant_id text not null,
  product_id uuid not null,
  language text not null check (language in ('en', 'ko')),
  name text not null check (length(name) between 1 and 200),
  description text not null default '' check (length(description) <= 5000),
  primary key (tenant_id, product_id, language),
  foreign key (tenant_id, product_id) references spillway.products
);

create table spillway.categories (
  tenant_id text not null references spillway.tenants,
  slug text collate "C" not null
    check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 64),
  -- The category that it is a part of; null at the top.
  parent text collate "C",
  -- The place among those of the same parent; equals stand by their slugs.
  position integer not null default 0 check (position between 0 and 1000000),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, slug),
  foreign key (tenant_id, parent) references spillway.categories
);
create index categories_by_parent on spillway.categories (tenant_id, parent);

create table spillway.category_texts (
  tenant_id text not null,
  slug text collate "C" not null,
  language text not null check (language in ('en', 'ko')),
  name text not null check (length(name) between 1 and 100),
  primary key (tenant_id, slug, language),
  foreign key (tenant_id, slug) references spillway.categories
);

create table spillway.product_categories (
  tenant_id text not null,
  product_id uuid not null,
  category text collate "C" not null,
  primary key (tenant_id, product_id, category),
  foreign key (tenant_id, product_id) references spillway.products,
  foreign key (tenant_id, category) references spillway.categories (tenant_id, slug)
);
create index product_categories_by_category on spillway.product_categories (tenant_id, category);

-- When a SKU costs less in a market. The windows of one SKU and market do not overlap.
create table spillway.sku_sale_prices (
  tenant_id text not null,
  sku text collate "C" not null,
  market text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  -- Minor units of the price's currency.
  amount bigint not null check (amount between 0 and 1000000000000),
  state text not null default 'SCHEDULED' check (state in ('SCHEDULED', 'ACTIVE', 'OVER')),
  primary key (tenant_id, sku, market, starts_at),
  foreign key (tenant_id, sku, market) references spillway.sku_prices,
  check (ends_at > starts_at)
);
create index sku_sale_prices_starting on spillway.sku_sale_prices (starts_at) where state = 'SCHEDULED';
create index sku_sale_prices_ending on spillway.sku_sale_prices (ends_at) where state = 'ACTIVE';

-- What open stock is sold for now, where that is less than the amount: the one of the ACTIVE window.
alter table spillway.sku_prices
  add column sale_amount bigint check (sale_amount between 0 and 1000000000000);

-- One row for each market in which an active product has a price: what lists are read from, in the order
-- of an index. Derived; audited against what it is derived from.
create table spillway.product_listings (
  tenant_id text not null,
  market text not null,
  product_id uuid not null,
  -- The lowest that one of its SKUs costs now.
  price bigint not null,
  -- Pieces ordered in the last three days; counted from facts, a little late.
  popularity bigint not null default 0,
  -- Its categories with all that they are parts of.
  categories text[] not null,
  primary key (tenant_id, market, product_id),
  foreign key (tenant_id, product_id) references spillway.products
);
create index product_listings_by_price on spillway.product_listings
  (tenant_id, market, price, product_id);
create index product_listings_by_popularity on spillway.product_listings
  (tenant_id, market, popularity, product_id);
create index product_listings_by_category on spillway.product_listings using gin (categories);
create index product_listings_by_product on spillway.product_listings (tenant_id, product_id);

create index products_by_words on spillway.products using gin (words);
-- The extension may have been there before, in another schema.
do $$
begin
  execute format('create index products_by_names on spillway.products using gin (names %I.gin_trgm_ops)',
    (select nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace
      where extname = 'pg_trgm'));
end;
$$;

-- What changed in the catalogue, for memories of it: a product, or the categories (null). With the
-- transaction that wrote it, so that a reader can ask for what it cannot have seen yet.
create table spillway.catalog_changes (
  change_id bigint generated always as identity primary key,
  transaction_id bigint not null default (pg_current_xact_id()::text::bigint),
  tenant_id text not null,
  product_id uuid,
  changed_at timestamptz not null default clock_timestamp()
);
create index catalog_changes_by_transaction on spillway.catalog_changes (transaction_id);
create index catalog_changes_by_time on spillway.catalog_changes (changed_at);

-- When the popularity of a market's products was last counted.
create table spillway.popularity_counts (
  tenant_id text not null references spillway.tenants,
  market text not null check (market ~ '^[A-Z]{2}$'),
  counted_at timestamptz not null default '-infinity',
  primary key (tenant_id, market)
);

-- MARK: Search

-- Runs of letters and digits in lower case: of Han, kana and Hangul, and of everything else.
create function spillway.search_tokens(in_text text) returns setof text
language sql immutable parallel safe as $$
  select m[1] from regexp_matches(lower(normalize(in_text, nfkc)),
    '[ㄱ-ㅎㅏ-ㅣ가-힣぀-ヿ一-鿿]+|[0-9a-zß-ɏ]+', 'g') m
$$;

create function spillway.is_cjk(token text) returns boolean language sql immutable parallel safe as
$$ select token >= 'ぁ' collate "C" $$;

-- What a text is found by: its words; and for scripts that put no spaces between words, or endings behind
-- them, also each pair of neighbouring letters, so that a part of a word is found by an index as well.
create function spillway.search_lexemes(in_text text) returns text[]
language sql immutable parallel safe as $$
  select coalesce(array_agg(distinct left(lexeme, 200)), '{}') from spillway.search_tokens(in_text) t,
    lateral (select t as lexeme union all
      select substr(t, i, 2) from generate_series(1, length(t) - 1) i where spillway.is_cjk(t)) l
$$;

-- What a product of the tenant must have to be found by all words of a text; null for a text without any.
create function spillway.search_query(in_tenant text, in_text text) returns tsquery
language sql immutable parallel safe as $$
  select (format('''@%s'' & ', in_tenant) || string_agg(term, ' & '))::tsquery from (
    select case
        when not spillway.is_cjk(t) or length(t) = 1 then format('''%s'':*', left(t, 200))
        else (select string_agg(format('''%s''', substr(t, i, 2)), ' & ')
          from generate_series(1, length(t) - 1) i)
      end as term
    from (select t from spillway.search_tokens(in_text) t limit 16) tokens) terms
$$;

-- A pattern for names that have the words of a text as parts of theirs, in this order; null unless one of
-- them is long enough for the index.
create function spillway.search_pattern(in_text text) returns text
language sql immutable parallel safe as $$
  select case when max(length(t)) >= 3 then '%' || string_agg(t, '%' order by place) || '%' end
    from (select t, place from spillway.search_tokens(in_text) with ordinality f (t, place) limit 16) tokens
$$;

-- MARK: Listings

-- A category and all that it is a part of.
create function spillway.category_line(in_tenant text, in_slug text) returns setof text
language sql stable as $$
  with recursive line (slug, parent, depth) as (
    select slug, parent, 1 from spillway.categories where tenant_id = in_tenant and slug = in_slug
    union all
    select c.slug, c.parent, depth + 1 from line join spillway.categories c
      on c.tenant_id = in_tenant and c.slug = line.parent where depth < 16
  )
  select slug from line
$$;

-- What the listings of products are to say.
create function spillway.derived_listings(in_tenant text, in_products uuid[])
returns table (market text, product_id uuid, price bigint, categories text[])
language sql stable as $$
  with chosen as (
    select p.product_id from spillway.products p
     where p.tenant_id = in_tenant and p.product_id = any(in_products) and p.status = 'active'
  ), lines as (
    select c.product_id, array_agg(distinct line order by line) as categories
      from chosen join spillway.product_categories c
        on c.tenant_id = in_tenant and c.product_id = chosen.product_id,
      lateral spillway.category_line(in_tenant, c.category) line
     group by c.product_id
  )
  select m.market, s.product_id, min(coalesce(m.sale_amount, m.amount)),
      coalesce((select l.categories from lines l where l.product_id = s.product_id), '{}')
    from chosen join spillway.skus s on s.tenant_id = in_tenant and s.product_id = chosen.product_id
    join spillway.sku_prices m on m.tenant_id = in_tenant and m.sku = s.sku
   group by m.market, s.product_id
$$;

-- Brings what is derived of products in line with them, and notes that they changed.
create function spillway.refresh_products(in_tenant text, in_products uuid[]) returns void
language plpgsql as $$
begin
  -- One after another: what is derived from two changes is derived from both.
  perform from spillway.products where tenant_id = in_tenant and product_id = any(in_products)
   order by product_id for no key update;
  with texts as (
    select p.product_id, p.name || ' ' || coalesce((
          select string_agg(t.name, ' ') from spillway.product_texts t
           where t.tenant_id = in_tenant and t.product_id = p.product_id), '') || ' ' || coalesce((
          select string_agg(s.name || ' ' || s.sku, ' ') from spillway.skus s
           where s.tenant_id = in_tenant and s.product_id = p.product_id), '') as names,
        coalesce((select string_agg(t.description, ' ') from spillway.product_texts t
          where t.tenant_id = in_tenant and t.product_id = p.product_id), '') as descriptions
      from spillway.products p where p.tenant_id = in_tenant and p.product_id = any(in_products)
  )
  update spillway.products p
     set names = left(lower(normalize(t.names, nfkc)), 10000),
         words = array_to_tsvector('@' || in_tenant
           || spillway.search_lexemes(left(t.names || ' ' || t.descriptions, 20000)))
    from texts t where p.tenant_id = in_tenant and p.product_id = t.product_id;
  delete from spillway.product_listings l
   where l.tenant_id = in_tenant and l.product_id = any(in_products) and not exists (
     select from spillway.derived_listings(in_tenant, in_products) d
      where d.market = l.market and d.product_id = l.product_id);
  insert into spillway.product_listings as l (tenant_id, market, product_id, price, categories)
  select in_tenant, d.market, d.product_id, d.price, d.categories
    from spillway.derived_listings(in_tenant, in_products) d
  on conflict (tenant_id, market, product_id) do update
    set price = excluded.price, categories = excluded.categories
    where (l.price, l.categories) is distinct from (excluded.price, excluded.categories);
  insert into spillway.catalog_changes (tenant_id, product_id)
  select in_tenant, product_id from unnest(in_products) f (product_id);
end;
$$;

-- MARK: Products and categories

-- Adds a product, or changes the parts that are not null; languages whose name is null are taken out.
-- Returns false when a product to be changed is not there. Raises a foreign key violation when there is no
-- such category.
create function spillway.put_product(
  in_tenant text, in_product uuid, is_new boolean, in_actor text, in_name text, in_status text,
  languages text[], in_names text[], descriptions text[], in_categories text[]
) returns boolean language plpgsql as $$
begin
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

-- Adds a category, or changes the parts that are not null; a parent of '' puts it at the top. Returns
-- what came of it: PUT, CONFLICT (to be added and there already), UNKNOWN (to be changed and not there),
-- PARENT (there is no such parent, or it is a part of the category itself, or lies too deep), or FULL.
create function spillway.put_category(
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

-- MARK: Prices

-- Makes what SKUs cost now what their windows say, in open stock too, and tells its cells.
create function spillway.settle_sale_prices(in_tenant text, in_skus text[]) returns void
language plpgsql as $$
declare
  instant constant timestamptz := clock_timestamp();
begin
  perform from spillway.sku_prices where tenant_id = in_tenant and sku = any(in_skus)
   order by sku, market for no key update;
  update spillway.sku_sale_prices w
     set state = case when instant >= ends_at then 'OVER' when instant >= starts_at then 'ACTIVE'
       else 'SCHEDULED' end
   where tenant_id = in_tenant and sku = any(in_skus)
     and state <> case when instant >= ends_at then 'OVER' when instant >= starts_at then 'ACTIVE'
       else 'SCHEDULED' end;
  update spillway.sku_prices p
     set sale_amount = w.amount, updated_at = instant
    from spillway.sku_prices q left join spillway.sku_sale_prices w
      on w.tenant_id = q.tenant_id and w.sku = q.sku and w.market = q.market and w.state = 'ACTIVE'
   where q.tenant_id = in_tenant and q.sku = any(in_skus)
     and p.tenant_id = q.tenant_id and p.sku = q.sku and p.market = q.market
     and p.sale_amount is distinct from w.amount;
  perform from spillway.stock_accounts
   where tenant_id = in_tenant and sku = any(in_skus) and scope = spillway.open_scope()
   order by cell, sku for no key update;
  with changed as (
    update spillway.stock_accounts a
       set price = coalesce(p.sale_amount, p.amount), currency = p.currency, version = a.version + 1,
           updated_at = instant
      from spillway.sku_prices p
     where a.tenant_id = in_tenant and a.sku = any(in_skus) and a.scope = spillway.open_scope()
       and p.tenant_id = in_tenant and p.sku = a.sku and p.market = a.market
       and (a.price, a.currency) <> (coalesce(p.sale_amount, p.amount), p.currency)
    returning a.cell, a.account_id
  )
  insert into spillway.cell_commands (cell, kind, subject)
  select cell, 'stock.put', account_id from changed order by cell, account_id;
  perform spillway.refresh_products(in_tenant, array(
    select distinct product_id from spillway.skus where tenant_id = in_tenant and sku = any(in_skus)));
end;
$$;

-- Lets sale prices begin and end whose time has come. Returns for how many SKUs.
create function spillway.advance_sale_prices(in_limit bigint) returns bigint
language plpgsql as $$
declare
  tenant text;
  due text[];
  advanced bigint := 0;
begin
  for tenant, due in
    select w.tenant_id, array_agg(distinct w.sku) from (
      (select tenant_id, sku from spillway.sku_sale_prices
        where state = 'SCHEDULED' and starts_at <= clock_timestamp() order by starts_at limit in_limit)
      union all
      (select tenant_id, sku from spillway.sku_sale_prices
        where state = 'ACTIVE' and ends_at <= clock_timestamp() order by ends_at limit in_limit)
    ) w group by w.tenant_id order by w.tenant_id
  loop
    perform spillway.settle_sale_prices(tenant, due);
    advanced := advanced + cardinality(due);
  end loop;
  return advanced;
end;
$$;

-- Sets when a SKU costs less, in all markets. Raises a foreign key violation for a market without a price.
create function spillway.put_sale_prices(
  in_tenant text, in_sku text, markets text[], amounts bigint[], starts bigint[], ends bigint[]
) returns void language plpgsql as $$
begin
  perform from spillway.sku_prices where tenant_id = in_tenant and sku = in_sku
   order by market for no key update;
  delete from spillway.sku_sale_prices where tenant_id = in_tenant and sku = in_sku;
  insert into spillway.sku_sale_prices (tenant_id, sku, market, starts_at, ends_at, amount)
  select in_tenant, in_sku, f.market, to_timestamp(f.start / 1000.0), to_timestamp(f.until / 1000.0),
      f.amount
    from unnest(markets, amounts, starts, ends) as f (market, amount, start, until);
  perform spillway.settle_sale_prices(in_tenant, array[in_sku]);
end;
$$;

-- Adds a SKU, or renames it, and sets what it costs in the markets given; what open stock is sold for
-- changes with it. Returns false when the SKU belongs to another product.
create or replace function spillway.put_sku(
  in_tenant text, in_sku text, in_product uuid, in_name text, in_actor text,
  markets text[], currencies text[], amounts bigint[]
) returns boolean language plpgsql as $$
begin
  insert into spillway.skus as known (tenant_id, sku, product_id, name, created_by)
  values (in_tenant, in_sku, in_product, in_name, in_actor)
  on conflict (tenant_id, sku) do update set name = excluded.name, updated_at = clock_timestamp()
   where known.product_id = excluded.product_id;
  if not found then
    return false;
  end if;
  insert into spillway.sku_prices (tenant_id, sku, market, currency, amount)
  select in_tenant, in_sku, f.market, f.currency, f.amount
    from unnest(markets, currencies, amounts) as f (market, currency, amount) order by f.market
  on conflict (tenant_id, sku, market) do update
    set currency = excluded.currency, amount = excluded.amount, updated_at = clock_timestamp();
  perform spillway.settle_sale_prices(in_tenant, array[in_sku]);
  return true;
end;
$$;

-- Makes the open account of a SKU in a market, with what it costs there now, if it is not there. Returns
-- false when it is not there and there is no price for it.
create or replace function spillway.ensure_open_account(
  in_tenant text, in_market text, in_cell text, in_sku text
) returns boolean language plpgsql as $$
begin
  if exists (select from spillway.stock_accounts where tenant_id = in_tenant and cell = in_cell
    and scope = spillway.open_scope() and sku = in_sku) then
    return true;
  end if;
  insert into spillway.cells (cell, tenant_id) values (in_cell, in_tenant)
  on conflict (cell) do nothing;
  -- A sale price that begins or ends meanwhile finds the account.
  perform from spillway.sku_prices
   where tenant_id = in_tenant and sku = in_sku and market = in_market for no key update;
  with account as (
    insert into spillway.stock_accounts (tenant_id, cell, scope, sku, market, price, currency)
    select in_tenant, in_cell, spillway.open_scope(), in_sku, in_market, coalesce(sale_amount, amount),
        currency
      from spillway.sku_prices
     where tenant_id = in_tenant and sku = in_sku and market = in_market
    on conflict (tenant_id, cell, scope, sku) do nothing
    returning cell, account_id
  )
  insert into spillway.cell_commands (cell, kind, subject)
  select cell, 'stock.put', account_id from account;
  return found or exists (select from spillway.stock_accounts where tenant_id = in_tenant
    and cell = in_cell and scope = spillway.open_scope() and sku = in_sku);
end;
$$;

-- MARK: Popularity

-- Takes the turn to count the popularity of a market's products. Returns false when somebody did within
-- the interval.
create function spillway.begin_popularity_count(
  in_tenant text, in_market text, in_interval_milliseconds bigint
) returns boolean language plpgsql as $$
begin
  insert into spillway.popularity_counts as known (tenant_id, market, counted_at)
  values (in_tenant, in_market, clock_timestamp())
  on conflict (tenant_id, market) do update set counted_at = excluded.counted_at
   where known.counted_at
     <= excluded.counted_at - in_interval_milliseconds * interval '1 millisecond';
  return found;
end;
$$;

-- Sets the popularity of a market's products; those that are not named have none. Returns how many
-- changed.
create function spillway.set_popularity(
  in_tenant text, in_market text, in_products uuid[], pieces bigint[]
) returns bigint language plpgsql as $$
declare
  changed bigint;
begin
  with counts as (
    select f.product_id, f.pieces from unnest(in_products, pieces) as f (product_id, pieces)
    union all
    select l.product_id, 0 from spillway.product_listings l
     where l.tenant_id = in_tenant and l.market = in_market and l.popularity > 0
       and l.product_id <> all(in_products)
  )
  update spillway.product_listings l set popularity = c.pieces from counts c
   where l.tenant_id = in_tenant and l.market = in_market and l.product_id = c.product_id
     and l.popularity <> c.pieces;
  get diagnostics changed = row_count;
  return changed;
end;
$$;

-- Drops notes of changes that everybody has read. Returns how many.
create function spillway.forget_catalog_changes(in_age_milliseconds bigint, in_limit bigint)
returns bigint language plpgsql as $$
declare
  dropped bigint;
begin
  delete from spillway.catalog_changes where change_id in (
    select change_id from spillway.catalog_changes
     where changed_at < clock_timestamp() - in_age_milliseconds * interval '1 millisecond'
     order by changed_at limit in_limit for update skip locked);
  get diagnostics dropped = row_count;
  return dropped;
end;
$$;

-- What was there before.
select spillway.refresh_products(tenant_id, array_agg(product_id))
  from spillway.products group by tenant_id;
