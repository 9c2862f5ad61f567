public import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis

/// What an order is priced by besides its lines: the rules of its market, and a coupon. Loop-confined.
public final class CheckoutService {
  /// Why there are no terms for an order with a coupon.
  public enum Refusal: Error, Sendable, Equatable {
    /// There is no such coupon, or it is somebody else's.
    case unknownCoupon
    case coupon(CouponRefusal)
    /// The ledger or a cell could not be asked, or the coupon is still on its way.
    case unavailable
  }

  private let cells: CellDirectory
  private let coupons: CouponStore
  private let goods: OrderGoods
  private let finder: CouponFinder
  private let markets: MarketBook
  private let clock: WallClock

  init(
    pool: PostgresPool, cells: CellDirectory, markets: MarketBook, loop: EventLoop,
    clock: WallClock
  ) {
    self.cells = cells
    coupons = CouponStore(pool: pool)
    goods = OrderGoods(pool: pool)
    finder = CouponFinder(store: coupons, cells: cells, loop: loop)
    self.markets = markets
    self.clock = clock
  }

  /// The terms of an order of `lines` with a user's coupon.
  ///
  /// - Parameters:
  ///   - lines: as they will be placed, each SKU once.
  ///   - scope: where the order will be placed.
  public func terms(
    with coupon: Identifier, of user: UserID, tenant: TenantID, for lines: [RequestedLine],
    in scope: OrderScope
  ) async throws(Refusal) -> OrderTerms {
    guard let held = try await finder.find(coupon, of: tenant, user: user) else {
      throw .unknownCoupon
    }
    let goods = try await self.goods(
      lines, for: held.campaign.eligibility, in: scope, of: tenant)
    let terms: CouponTerms
    do throws(CouponRefusal) {
      terms = try CouponRules.terms(
        of: held.coupon, from: held.campaign, for: goods, in: scope.market, at: clock.now())
    } catch {
      throw .coupon(error)
    }
    let currency = goods.lazy.compactMap { $0?.price?.currency }.first
    return scope.terms.with(
      terms, for: currency, rounding: currency.map { markets.rounding(of: $0) } ?? .halfUp)
  }

  /// Whether an order was placed under an idempotency key; the cell still has the answer for a while.
  ///
  /// - Throws: `.unavailable` also while the cell may have lost the answer, and not yet got it back.
  public func hasAnswered(
    _ idempotency: RequestIdempotency, of tenant: TenantID, in scope: OrderScope
  ) async throws(Refusal) -> Bool {
    let look = CellLook(at: scope.cell)
    let isVouchedFor: Bool
    do throws(RedisError) {
      let isFound = try await GivenAnswers.hasAnswered(
        idempotency, keys: scope.cell.keys, client: scope.cell.client, now: clock.now())
      if isFound { return true }
      isVouchedFor = try await look.isVouchedFor()
    } catch {
      throw .unavailable
    }
    guard isVouchedFor, await cells.vouches(for: [look], of: tenant) else { throw .unavailable }
    return false
  }

  private func goods(
    _ lines: [RequestedLine], for eligibility: Eligibility, in scope: OrderScope,
    of tenant: TenantID
  ) async throws(Refusal) -> [CouponGoods?] {
    do throws(PostgresError) {
      let units = try await goods.units(
        lines.map(\.sku), in: scope.hot.scope, cell: scope.cell.keys.cell, of: tenant)
      let categories =
        eligibility.categories.isEmpty
        ? [:] : try await goods.categories(of: units.values.map(\.product), tenant: tenant)
      return lines.map { line in
        units[line.sku].map { unit in
          CouponGoods(
            product: unit.product, categories: categories[unit.product] ?? [], price: unit.price,
            quantity: line.quantity)
        }
      }
    } catch {
      throw .unavailable
    }
  }
}
