public import Domain
public import Postgres

/// The catalogue as buyers read it.
public struct CatalogStore {
  let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  // MARK: Lists

  /// A page of the products that are listed in a market: their ids, and where each stands.
  public func page(
    _ query: CatalogQuery, of tenant: TenantID
  ) async throws(PostgresError) -> [CatalogCursor] {
    let page = CatalogPageStatement(query, of: tenant)
    let rows = try await pool.query(page.statement, page.values)
    return try rows.map { row throws(PostgresError) in
      CatalogCursor(
        sort: query.sort, key: try row.decode(1), product: try row.identifier("product_id"))
    }
  }

  // MARK: Products

  /// The products of these ids with their SKUs and prices, whatever their status; those that do not
  /// exist are left out.
  public func products(
    _ ids: [Identifier], of tenant: TenantID
  ) async throws(PostgresError) -> [CatalogProduct] {
    let store = ProductStore(pool: pool)
    let products = try await store.find(ids, of: tenant)
    let units = try await store.units(ofProducts: products.map(\.id), tenant: tenant)
    let byProduct = Dictionary(grouping: units, by: \.product)
    return products.map { product in
      CatalogProduct(product: product, units: (byProduct[product.id] ?? []).map(Self.unit))
    }
  }

  private static func unit(_ unit: ProductStore.StockUnit) -> CatalogUnit {
    var prices: [Market: CatalogPrice] = [:]
    for (market, regular) in unit.prices {
      prices[market] = CatalogPrice(regular: regular, sales: unit.salePrices[market] ?? [])
    }
    return CatalogUnit(sku: unit.sku, name: unit.name, prices: prices)
  }

  // MARK: Promotions

  /// The campaigns of a tenant that are open, or open within `lead`, those that close first in front;
  /// behind them those that issue no more, but whose coupons may still be used, the last that closed in front.
  ///
  /// - Parameters:
  ///   - limit: how many of the former.
  ///   - overLimit: how many of the latter.
  public func campaigns(
    of tenant: TenantID, lead: Duration, limit: Int, overLimit: Int
  ) async throws(PostgresError) -> [CouponPromotion] {
    let rows = try await pool.query(
      Self.campaignsStatement,
      [
        .text(tenant.description), CellStore.milliseconds(lead), .int8(Int64(limit)),
        .int8(Int64(overLimit)),
      ])
    return try rows.map { row throws(PostgresError) in
      let record = try CampaignStore.record(row)
      let campaign = record.campaign
      return CouponPromotion(
        campaign: campaign.id, name: campaign.name, discount: campaign.discount,
        eligibility: campaign.eligibility, opensAt: campaign.terms.opensAt,
        closesAt: campaign.terms.closesAt, expiresAt: campaign.expiresAt,
        isSoldOut: record.issued >= campaign.terms.quantity)
    }
  }

  /// What is in sales of a market that are open, or open within `lead`; those that close first in front.
  public func sales(
    in market: Market, of tenant: TenantID, lead: Duration, limit: Int
  ) async throws(PostgresError) -> [SalePromotion] {
    let rows = try await pool.query(
      Self.salesStatement,
      [
        .text(tenant.description), .text(market.description), CellStore.milliseconds(lead),
        .int8(Int64(limit)),
      ])
    return try rows.map { row throws(PostgresError) in
      SalePromotion(
        sale: try row.identifier("sale_id"), name: try row.decode("name"),
        sku: try row.word("sku"),
        price: Money(amount: try row.decode("price"), currency: try row.choice("currency")),
        perUserLimit: try row.decode("per_user_limit"), opensAt: try row.instant("opens_at"),
        closesAt: try row.instant("closes_at"))
    }
  }
}
