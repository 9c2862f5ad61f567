public import Domain
internal import EventLoop
public import Ledger
internal import Postgres

/// Carts of members and guests: what they hold stands in the ledger, what it costs and whether it is there is
/// asked of the cell each time. Loop-confined.
public final class CartService: AsksLedger {
  /// How often a change is begun anew when another one was faster.
  static let attempts = 5

  /// Why a cart was not read or changed.
  public enum Refusal: Error, Sendable, Equatable {
    /// The SKU is not sold there.
    case notSold
    case goods(Cart.Refusal)
    /// There is no such coupon, or it is somebody else's.
    case unknownCoupon
    /// The cart has another version than the caller knows.
    case changed(version: Int)
    /// The ledger or the cell could not be asked, or too many change the cart at once.
    case unavailable
  }

  /// Whose cart is meant, and where its goods are sold.
  public struct Target {
    public let place: CartPlace
    /// Where the goods are decided on; nil in a market where nothing is sold.
    public let scope: OrderScope?
    /// Nil for a guest who has no cart yet.
    public let holder: CartHolder?
    public let tenant: TenantID

    public init(place: CartPlace, scope: OrderScope?, holder: CartHolder?, tenant: TenantID) {
      self.place = place
      self.scope = scope
      self.holder = holder
      self.tenant = tenant
    }
  }

  private let store: CartStore
  private let secrets: CartSecrets
  private let checkout: CheckoutService
  private let clock: WallClock
  private var identifiers = IdentifierGenerator(random: SecureRandom())

  init(pool: PostgresPool, checkout: CheckoutService, loop: EventLoop, clock: WallClock) {
    store = CartStore(pool: pool)
    secrets = CartSecrets(store: store, loop: loop)
    self.checkout = checkout
    self.clock = clock
  }

  // MARK: Guests

  /// What guests of the tenant are known by.
  public func tokens(of tenant: TenantID) async throws(Refusal) -> CartTokens {
    try await asked { () async throws(PostgresError) in try await secrets.tokens(of: tenant) }
  }

  /// A guest whom nobody knew before.
  public func newGuest() -> Identifier { identifiers.next(at: clock.now()) }

  /// Adds what a guest has in carts to those of a member, once.
  public func merge(
    guest: Identifier, into user: UserID, tenant: TenantID
  ) async throws(Refusal) -> CartStore.Merger {
    do {
      return try await store.merge(guest: guest, into: user, tenant: tenant)
    } catch {
      throw .unavailable
    }
  }

  // MARK: Carts

  /// The cart, looked at anew.
  public func read(_ target: Target) async throws(Refusal) -> CartReview {
    try await review(record(of: target), target)
  }

  /// Puts so many pieces of a SKU into the cart, instead of those that are there.
  ///
  /// - Parameters:
  ///   - quantity: within ``CartBounds/quantity``.
  ///   - versions: those that the cart may have; nil for any.
  public func put(
    _ sku: SKU, quantity: Int, in target: Target, versions: Set<Int>?
  ) async throws(Refusal) -> CartReview {
    guard let scope = target.scope,
      let offer = try await offers([sku], scope, target.holder).units[sku]
    else { throw .notSold }
    return try await change(target, versions) { cart throws(Refusal) in
      do throws(Cart.Refusal) {
        try cart.put(sku, quantity: quantity, at: offer)
      } catch {
        throw .goods(error)
      }
    }
  }

  /// Takes a SKU out of the cart, if it is there.
  public func remove(
    _ sku: SKU, from target: Target, versions: Set<Int>?
  ) async throws(Refusal) -> CartReview {
    try await change(target, versions) { $0.remove(sku) }
  }

  /// Takes everything out of the cart.
  public func clear(
    _ target: Target, versions: Set<Int>?
  ) async throws(Refusal) -> CartReview {
    try await change(target, versions) { $0 = Cart() }
  }

  /// Notes the coupon that a member means to use. Whether it goes with what is in the cart is told with each
  /// look at it: it may come to.
  public func put(
    coupon: Identifier, in target: Target, versions: Set<Int>?
  ) async throws(Refusal) -> CartReview {
    let record = try await record(of: target)
    _ = try await check(coupon, record.cart.items.map(RequestedLine.init), target)
    return try await change(target, versions) { $0.coupon = coupon }
  }

  /// Forgets the coupon, if there is one.
  public func removeCoupon(
    from target: Target, versions: Set<Int>?
  ) async throws(Refusal) -> CartReview {
    try await change(target, versions) { $0.coupon = nil }
  }

  /// Changes the cart as it is at the end of the change, whoever else changes it.
  private func change(
    _ target: Target, _ versions: Set<Int>?, _ body: (inout Cart) throws(Refusal) -> Void
  ) async throws(Refusal) -> CartReview {
    for _ in 0..<Self.attempts {
      let record = try await record(of: target)
      if let versions, !versions.contains(record.version) {
        throw .changed(version: record.version)
      }
      var cart = record.cart
      try body(&cart)
      guard cart != record.cart, let holder = target.holder else {
        return try await review(record, target)
      }
      let changed = cart
      let saved = try await asked { () async throws(PostgresError) in
        try await store.save(
          changed, in: target.place, of: holder, tenant: target.tenant, expected: record.version)
      }
      if let saved { return try await review(saved, target) }
    }
    throw .unavailable
  }

  private func record(of target: Target) async throws(Refusal) -> CartStore.Record {
    guard let holder = target.holder else { return .empty }
    return try await asked { () async throws(PostgresError) in
      try await store.find(target.place, of: holder, tenant: target.tenant)
    }
  }

  // MARK: What there is

  private func review(
    _ record: CartStore.Record, _ target: Target
  ) async throws(Refusal) -> CartReview {
    var offers = CartOffers()
    if let scope = target.scope {
      offers = try await self.offers(record.cart.items.map(\.sku), scope, target.holder)
    }
    let items = record.cart.reviewed(offers.units, in: offers.phase)
    var terms = target.scope?.terms ?? .none
    var coupon: CartReview.Coupon?
    if let id = record.cart.coupon {
      let sold = items.filter { $0.offer != nil }.map { RequestedLine($0.item) }
      switch try await check(id, sold, target) {
      case .success(let checked):
        terms = checked
        coupon = CartReview.Coupon(id: id, refusal: nil)
      case .failure(let refusal): coupon = CartReview.Coupon(id: id, refusal: refusal)
      }
    }
    return CartReview(
      place: target.place, record: record, items: items, estimate: estimate(items, terms),
      coupon: coupon)
  }

  /// The terms of an order of `lines` with a member's coupon, or why it does not go with them.
  private func check(
    _ coupon: Identifier, _ lines: [RequestedLine], _ target: Target
  ) async throws(Refusal) -> Result<OrderTerms, CouponRefusal> {
    guard let user = target.holder?.user else { throw .unknownCoupon }
    guard let scope = target.scope else { return .failure(.goods) }
    do throws(CheckoutService.Refusal) {
      return .success(
        try await checkout.terms(
          with: coupon, of: user, tenant: target.tenant, for: lines, in: scope))
    } catch {
      switch error {
      case .coupon(let refusal): return .failure(refusal)
      case .unknownCoupon: throw .unknownCoupon
      case .unavailable: throw .unavailable
      }
    }
  }

  /// Nil where prices are in several currencies, or there are none.
  private func estimate(
    _ items: [CartItemReview], _ terms: OrderTerms
  ) -> CartReview.Estimate? {
    let sold = items.compactMap { item in item.offer.map { (item.item.quantity, $0.price) } }
    guard let currency = sold.first?.1.currency,
      sold.allSatisfy({ $0.1.currency == currency }),
      let totals = OrderTotals(
        sold.map { PricedLine(quantity: $0.0, unitPrice: $0.1.amount) }, currency: currency,
        terms: terms)
    else { return nil }
    return CartReview.Estimate(currency: currency, totals: totals)
  }

  private func offers(
    _ skus: [SKU], _ scope: OrderScope, _ holder: CartHolder?
  ) async throws(Refusal) -> CartOffers {
    do throws(CartOffers.Unavailable) {
      return try await CartOffers.read(skus, in: scope, for: holder)
    } catch {
      throw .unavailable
    }
  }
}

extension RequestedLine {
  /// An item as an order of it would ask for it.
  init(_ item: Cart.Item) { self.init(sku: item.sku, quantity: item.quantity) }
}
