internal import Domain
internal import Services

/// Answers of the catalogue on one loop, kept as text while they are fresh: a crowd asks for the same.
/// Loop-confined.
final class CatalogAnswers {
  /// Bytes of answers that are kept.
  static let capacity = 32 << 20
  /// Bytes of an answer that is kept at most; a longer one is made for each who asks.
  static let maximumSize = 256 << 10
  /// Bytes that an answer takes besides its text.
  static let overhead = 500

  private enum Subject: Hashable {
    case page(CatalogQuery)
    case product(Identifier, Market)
  }

  private struct Key: Hashable {
    let tenant: TenantID
    let language: Language
    let subject: Subject
  }

  private let node: Node
  private var kept = RecentMemory<Key, Perishable<RenderedData>>(capacity: capacity)

  init(node: Node) { self.node = node }

  func page(
    _ query: CatalogQuery, _ context: RequestContext
  ) async throws(APIError) -> APIResponse {
    let key = key(.page(query), context)
    if let answer = fresh(key) { return .rendered(answer, Self.live) }
    do {
      let page = try await node.catalog.page(query, of: context.tenant.id)
      let language = key.language
      return keep(key, page) { page in
        RenderedData(
          page: page.items.map { CatalogView.entry($0, in: language) },
          nextCursor: page.next?.description)
      }
    } catch {
      throw .unavailable
    }
  }

  func product(
    _ id: Identifier, in market: Market, _ context: RequestContext
  ) async throws(APIError) -> APIResponse {
    let key = key(.product(id, market), context)
    if let answer = fresh(key) { return .rendered(answer, Self.live) }
    let found: Perishable<CatalogItem>?
    do {
      found = try await node.catalog.item(id, in: market, of: context.tenant.id)
    } catch {
      throw .unavailable
    }
    guard let found else { throw .notFound }
    let language = key.language
    return keep(key, found) { RenderedData(data: CatalogView.product($0, in: language)) }
  }

  func categories(_ context: RequestContext) async throws(APIError) -> APIResponse {
    let tree: CategoryTree
    do {
      tree = try await node.catalog.categories(of: context.tenant.id)
    } catch {
      throw .unavailable
    }
    let language = context.readerLanguage
    return .rendered(
      RenderedData(
        page: tree.ordered.map { CategoryView.category($0, in: language) }, nextCursor: nil),
      Self.slow)
  }

  /// Stock and prices: kept by whoever likes, asked for each time it is shown.
  private static let live = CachePolicy(control: "public, max-age=0, must-revalidate")
  private static let slow = CachePolicy(control: "public, max-age=5")

  private func key(_ subject: Subject, _ context: RequestContext) -> Key {
    Key(tenant: context.tenant.id, language: context.readerLanguage, subject: subject)
  }

  private func fresh(_ key: Key) -> RenderedData? {
    guard let answer = kept.find(key), node.loop.milliseconds < answer.freshUntil,
      answer.generation == node.catalog.generation(of: key.tenant)
    else { return nil }
    return answer.value
  }

  private func keep<Value>(
    _ key: Key, _ value: Perishable<Value>, _ render: (Value) -> RenderedData
  ) -> APIResponse {
    let answer = value.map(render)
    let size = answer.value.members.count
    if size <= Self.maximumSize { kept.put(answer, for: key, cost: size + Self.overhead) }
    return .rendered(answer.value, Self.live)
  }
}
