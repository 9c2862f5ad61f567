import Domain
import TestSupport
import Testing

@Suite struct CartTests {
  private let a = SKU("a")!
  private let b = SKU("b")!

  private func offer(
    _ price: Int = 100, available: Int = 10, limit: Int = 0, has: Int = 0,
    currency: Currency = .won
  ) -> CartOffer {
    CartOffer(
      product: "p", price: Money(amount: price, currency: currency), available: available,
      limit: limit, has: has)
  }

  private func filled(_ count: Int) -> Cart {
    Cart(
      items: (0..<count).map {
        Cart.Item(sku: SKU("s\($0)")!, quantity: 1, price: Money(amount: 1, currency: .won))
      })
  }

  @Test func `a SKU stands once, in its first place, at the price last seen`() throws {
    var cart = Cart()
    try cart.put(a, quantity: 2, at: offer(100))
    try cart.put(b, quantity: 1, at: offer(50))
    try cart.put(a, quantity: 5, at: offer(90))
    #expect(cart.items.map(\.sku) == [a, b] && cart.items.map(\.quantity) == [5, 1])
    #expect(cart.items[0].price.amount == 90)
    cart.remove(a)
    cart.remove(a)
    #expect(cart.items.map(\.sku) == [b])
  }

  @Test func `what cannot be ordered is not put in, and nothing changes`() throws {
    var cart = filled(CartBounds.items)
    let before = cart
    func refusal(_ sku: SKU, _ quantity: Int, _ offer: CartOffer) -> Cart.Refusal? {
      do throws(Cart.Refusal) {
        try cart.put(sku, quantity: quantity, at: offer)
        return nil
      } catch {
        return error
      }
    }
    let known = SKU("s0")!
    #expect(refusal(a, 1, offer()) == .full)
    #expect(refusal(known, 11, offer()) == .short(available: 10))
    #expect(refusal(known, 3, offer(limit: 4, has: 2)) == .limit(limit: 4, has: 2))
    #expect(refusal(known, 1, offer(currency: .dollar)) == .otherCurrency)
    #expect(cart == before)
    #expect(refusal(known, 2, offer(limit: 4, has: 2)) == nil)
  }

  @Test func `each item is looked at anew`() throws {
    var cart = Cart()
    try cart.put(a, quantity: 4, at: offer(100))
    func problems(_ offer: CartOffer?, _ phase: SalePhase = .open) -> [CartProblem] {
      cart.reviewed(offer.map { [a: $0] } ?? [:], in: phase)[0].problems
    }
    #expect(problems(offer(100)) == [])
    #expect(problems(nil) == [.unavailable])
    #expect(problems(offer(100, available: 0)) == [.unavailable])
    #expect(problems(offer(120, available: 3)) == [.short, .priceChanged])
    #expect(problems(offer(100, limit: 5, has: 2)) == [.limit])
    #expect(problems(offer(100), .notOpen) == [.notOpen])
    #expect(problems(offer(120), .closed) == [.priceChanged, .closed])
    #expect(problems(nil, .closed) == [.unavailable, .closed])
    #expect(CartProblem.allCases.filter { !$0.isBlocking } == [.priceChanged])
    #expect(cart.reviewed([a: offer(120)])[0].total == 480)
    #expect(cart.reviewed([:])[0].total == nil)
  }

  @Test func `a merge adds within the bounds and says what is left`() throws {
    var cart = filled(CartBounds.items - 1)
    cart.coupon = Identifier(high: 1, low: 1)
    let won = Money(amount: 1, currency: .won)
    let guest = Cart(
      items: [
        .init(sku: SKU("s0")!, quantity: 1000, price: won), .init(sku: a, quantity: 9, price: won),
        .init(sku: b, quantity: 1, price: won),
      ])
    let left = cart.merge(guest, limits: [a: 4])
    #expect(
      left == [
        RequestedLine(sku: SKU("s0")!, quantity: 1), RequestedLine(sku: a, quantity: 5),
        RequestedLine(sku: b, quantity: 1),
      ])
    #expect(cart.items[0].quantity == 1000 && cart.items.last?.quantity == 4)
    #expect(cart.coupon == Identifier(high: 1, low: 1))
    var dollars = Cart(
      items: [.init(sku: a, quantity: 1, price: Money(amount: 1, currency: .dollar))])
    #expect(dollars.merge(guest, limits: [:]).count == 3)
  }

  /// Any sequence of changes does what the same changes do to a dictionary.
  @Test func `random changes keep the bounds`() {
    var random = SeededGenerator()
    let skus = (0..<60).map { SKU("s\($0)")! }
    for _ in 0..<200 {
      var cart = Cart()
      var model: [SKU: Int] = [:]
      for _ in 0..<120 {
        let sku = skus.randomElement(using: &random)!
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<6:
          let offer = offer(
            Int.random(in: 1...3, using: &random),
            available: Int.random(in: 0...1200, using: &random),
            limit: Int.random(in: 0...5, using: &random) * 100,
            has: Int.random(in: 0...300, using: &random))
          let quantity = Int.random(in: CartBounds.quantity, using: &random)
          let isAllowed =
            offer.available >= quantity && (offer.limit == 0 || offer.has + quantity <= offer.limit)
            && (model[sku] != nil || model.count < CartBounds.items)
          let wasPut = (try? cart.put(sku, quantity: quantity, at: offer)) != nil
          #expect(wasPut == isAllowed)
          if wasPut { model[sku] = quantity }
        case 6..<8:
          cart.remove(sku)
          model[sku] = nil
        default:
          merge(into: &cart, &model, skus, &random)
        }
        #expect(
          Dictionary(uniqueKeysWithValues: cart.items.map { ($0.sku, $0.quantity) }) == model)
      }
    }
  }

  private func merge(
    into cart: inout Cart, _ model: inout [SKU: Int], _ skus: [SKU],
    _ random: inout SeededGenerator
  ) {
    let goods = skus.shuffled(using: &random).prefix(Int.random(in: 0...8, using: &random)).map {
      Cart.Item(
        sku: $0, quantity: Int.random(in: CartBounds.quantity, using: &random),
        price: Money(amount: 1, currency: .won))
    }
    let limits = Dictionary(
      uniqueKeysWithValues: skus.prefix(20).map { ($0, Int.random(in: 1...900, using: &random)) })
    let left = Dictionary(
      uniqueKeysWithValues: cart.merge(Cart(items: goods), limits: limits).map {
        ($0.sku, $0.quantity)
      })
    for item in goods {
      let has = model[item.sku]
      let room =
        has == nil && model.count >= CartBounds.items
        ? 0 : max(0, min(1000, limits[item.sku] ?? 1000) - (has ?? 0))
      let added = min(item.quantity, room)
      #expect(left[item.sku, default: 0] == item.quantity - added)
      if added > 0 { model[item.sku] = (has ?? 0) + added }
    }
  }
}
