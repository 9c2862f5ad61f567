internal import Domain
internal import Ledger
internal import Postgres

/// The goods that campaigns name: coupons for what does not exist could never be used.
struct CampaignGoods: AsksLedger {
  typealias Refusal = OperatorRefusal

  private let products: ProductStore
  private let catalog: CatalogStore

  init(pool: PostgresPool) {
    products = ProductStore(pool: pool)
    catalog = CatalogStore(pool: pool)
  }

  /// Refuses products and categories that there are none of, those aside that the campaign has named before:
  /// a category may have been taken out since.
  func check(
    _ campaign: Campaign, changedFrom known: Campaign? = nil
  ) async throws(OperatorRefusal) {
    let (wanted, before) = (campaign.eligibility, known?.eligibility ?? Eligibility())
    let newProducts = Set(wanted.products).subtracting(before.products)
    if !newProducts.isEmpty {
      let found = try await asked { () async throws(PostgresError) in
        try await products.find(newProducts.compactMap { Identifier($0) }, of: campaign.tenant)
      }
      let unknown = newProducts.subtracting(found.map { "\($0.id)" })
      try Self.refuse(unknown, in: wanted.products, field: "products", "there is no such product")
    }
    let newCategories = Set(wanted.categories).subtracting(before.categories)
    if !newCategories.isEmpty {
      let tree = try await asked { () async throws(PostgresError) in
        try await catalog.categories(of: campaign.tenant)
      }
      let unknown = newCategories.filter { CategorySlug($0).flatMap { tree[$0] } == nil }
      try Self.refuse(
        unknown, in: wanted.categories, field: "categories", "there is no such category")
    }
  }

  private static func refuse(
    _ unknown: Set<String>, in list: [String], field: String, _ reason: String
  ) throws(OperatorRefusal) {
    guard let place = list.firstIndex(where: unknown.contains) else { return }
    throw .invalid(field: "eligibility.\(field).\(place)", reason: reason)
  }
}
