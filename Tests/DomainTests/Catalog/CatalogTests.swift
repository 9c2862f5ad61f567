import TestSupport
import Testing

@testable import Domain

@Suite struct CatalogTests {
  @Test func `a cursor is read as it was written, and nothing else is one`() {
    var random = SeededGenerator()
    for sort in CatalogSort.allCases {
      let cursor = CatalogCursor(
        sort: sort, key: Int.random(in: 0...Int.max, using: &random),
        product: Identifier(high: random.next(), low: random.next()))
      #expect(CatalogCursor(cursor.description) == cursor)
    }
    let id = "0195d2e0-0000-7000-8000-000000000000"
    for text in [
      "", "price", "price.1", "price.-1.\(id)", "price.01.\(id)", "price.+1.\(id)", "name.1.\(id)",
      "price.1.\(id.uppercased())x", "price.1.\(id.replacing("0195d2e0", with: "0195D2E0"))",
      "price.1.\(id).2", "price.99999999999999999999.\(id)",
    ] {
      #expect(CatalogCursor(text) == nil, "\(text)")
    }
  }

  @Test func `a slug is words of small letters and digits`() {
    for text in ["a", "shoes", "running-shoes-2", String(repeating: "x", count: 64)] {
      #expect(CategorySlug(text)?.description == text)
    }
    for text in ["", "-a", "a-", "a--b", "A", "신발", "a b", String(repeating: "x", count: 65)] {
      #expect(CategorySlug(text) == nil, "\(text)")
    }
  }

  @Test func `a text falls back to English, then to what there is`() {
    var texts = LocalizedTexts<String>()
    #expect(texts.best(for: .korean) == nil)
    texts[.korean] = "신발"
    #expect(texts.best(for: .english) == "신발")
    texts[.english] = "Shoes"
    #expect(texts.best(for: .english) == "Shoes")
    #expect(texts.best(for: .korean) == "신발")
    texts[.korean] = nil
    #expect(texts.best(for: .korean) == "Shoes")
  }

  @Test func `categories stand under their parents in their order, and rings are left out`() {
    func category(_ slug: String, _ parent: String?, _ position: Int = 0) -> Domain.Category {
      Domain.Category(
        slug: CategorySlug(slug)!, parent: parent.flatMap { CategorySlug($0) }, position: position,
        names: LocalizedTexts())
    }
    let tree = CategoryTree([
      category("running", "shoes", 2), category("ring", "ring"), category("lost", "gone"),
      category("trail", "running"), category("bags", nil, 1), category("shoes", nil, 1),
      category("boots", "shoes", 1),
    ])
    #expect(
      tree.ordered.map(\.slug.description) == ["bags", "shoes", "boots", "running", "trail"])
    let trail = CategorySlug("trail")!
    #expect(tree.line(of: trail).map(\.description) == ["trail", "running", "shoes"])
    #expect(tree.line(of: CategorySlug("ring")!) == [])
    #expect(
      tree.closure(of: [trail, CategorySlug("boots")!]).map(\.description).sorted()
        == ["boots", "running", "shoes", "trail"])
  }

  @Test func `the price shown is what the cell charges, else what the clock says`() {
    let now = Instant(milliseconds: 1_000_000)
    let won = { (amount: Int) in Money(amount: amount, currency: .won) }
    let sale = SalePrice(amount: 80, startsAt: now, endsAt: now + .seconds(10))
    let price = CatalogPrice(regular: won(100), sales: [sale])
    let onSale = CatalogPrice.Shown(current: won(80), regular: won(100), endsAt: sale.endsAt)
    let regular = CatalogPrice.Shown(current: won(100), regular: nil, endsAt: nil)
    #expect(price.shown(at: now, charged: nil) == onSale)
    #expect(price.shown(at: sale.endsAt, charged: nil) == regular)
    #expect(price.shown(at: now - .milliseconds(1), charged: nil) == regular)
    // The cell has the last word, whatever the clock says.
    #expect(price.shown(at: now, charged: won(100)) == regular)
    #expect(price.shown(at: now - .seconds(1), charged: won(80)) == onSale)
    #expect(
      price.shown(at: sale.endsAt, charged: won(80))
        == CatalogPrice.Shown(current: won(80), regular: won(100), endsAt: nil))
    #expect(
      price.shown(at: now, charged: won(70))
        == CatalogPrice.Shown(current: won(70), regular: won(100), endsAt: nil))
  }

  @Test func `what is shown in a random time is the regular price or a window that covers it`() {
    var random = SeededGenerator()
    for _ in 0..<2_000 {
      var start = Int64.random(in: 0...50, using: &random)
      let sales = (0..<Int.random(in: 0...4, using: &random)).map { index in
        let end = start + .random(in: 1...20, using: &random)
        defer { start = end + .random(in: 0...20, using: &random) }
        return SalePrice(
          amount: index, startsAt: Instant(milliseconds: start), endsAt: Instant(milliseconds: end))
      }
      let price = CatalogPrice(regular: Money(amount: 100, currency: .won), sales: sales)
      let time = Instant(milliseconds: .random(in: 0...150, using: &random))
      let shown = price.shown(at: time, charged: nil)
      let covering = sales.filter { $0.covers(time) }
      #expect(covering.count <= 1)
      #expect(shown.current.amount == covering.first?.amount ?? 100)
      #expect(shown.endsAt == covering.first?.endsAt)
    }
  }

  @Test func `a coupon promotion applies until its coupons end, in its market, for its goods`() {
    let now = Instant(milliseconds: 1_000_000)
    let product = Identifier(high: 1, low: 2)
    func applies(
      _ eligibility: Eligibility, in categories: [String] = ["shoes"], at time: Instant? = nil
    ) -> Bool {
      CouponPromotion(
        campaign: Identifier(high: 0, low: 1), name: "c", discount: .amount(1, currency: "KRW"),
        eligibility: eligibility, opensAt: now, closesAt: now + .seconds(1),
        expiresAt: now + .seconds(2)
      ).applies(
        to: product, in: Set(categories.map { CategorySlug($0)! }), market: Market("KR")!,
        at: time ?? now)
    }
    #expect(applies(Eligibility()))
    #expect(!applies(Eligibility(), at: now - .milliseconds(1)))
    #expect(applies(Eligibility(), at: now + .seconds(1)))
    #expect(!applies(Eligibility(), at: now + .seconds(2)))
    #expect(applies(Eligibility(products: ["\(product)"])))
    #expect(!applies(Eligibility(products: ["other"])))
    #expect(applies(Eligibility(products: ["other"], categories: ["shoes"])))
    #expect(applies(Eligibility(categories: ["bags", "shoes"])))
    #expect(!applies(Eligibility(categories: ["bags"])))
    #expect(!applies(Eligibility(markets: ["US"])))
  }

  @Test func `a coupon can be claimed while its campaign is open and not sold out`() {
    let now = Instant(milliseconds: 1_000_000)
    func promotion(isSoldOut: Bool, expiresAt: Instant? = nil) -> CouponPromotion {
      CouponPromotion(
        campaign: Identifier(high: 0, low: 1), name: "c", discount: .amount(1, currency: "KRW"),
        eligibility: Eligibility(), opensAt: now, closesAt: now + .seconds(1),
        expiresAt: expiresAt, isSoldOut: isSoldOut)
    }
    let open = promotion(isSoldOut: false)
    #expect(!open.isClaimable(at: now - .milliseconds(1)) && open.isClaimable(at: now))
    #expect(!open.isClaimable(at: now + .seconds(1)))
    #expect(!promotion(isSoldOut: true).isClaimable(at: now))
    let short = promotion(isSoldOut: false, expiresAt: now + .milliseconds(500))
    #expect(short.isClaimable(at: now) && !short.isClaimable(at: now + .milliseconds(500)))
  }
}
