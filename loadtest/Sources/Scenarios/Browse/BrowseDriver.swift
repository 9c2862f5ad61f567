internal import Domain
internal import EventLoop

/// Looks at lists, searches and products, and into every answer. Loop-confined.
final class BrowseDriver: RequestDriver {
  private enum Kind { case list, search, product }

  private let options: BrowseOptions
  private let targets: BrowseTargets
  private let host: String
  private var random: SeededNumbers
  /// What each path was last answered with.
  private var tags: [String: String] = [:]
  private var asked: [Int: (kind: Kind, path: String, tag: String?)] = [:]
  private(set) var breaches = Breaches()

  /// Answers whose tags are remembered.
  static let maximumTags = 50_000

  init(options: BrowseOptions, targets: BrowseTargets, host: String, worker: Int) {
    self.options = options
    self.targets = targets
    self.host = host
    random = SeededNumbers(seed: options.seed &+ UInt64(worker))
  }

  func write(request number: Int, into output: ByteBuffer) {
    let (kind, path) = draw()
    var tag: String?
    if Int.random(in: 0..<100, using: &random) < options.conditionalPercent { tag = tags[path] }
    asked[number] = (kind, path, tag)
    output.append("GET ")
    output.append(path)
    output.append(" HTTP/1.1\r\nHost: ")
    output.append(host)
    if let tag {
      output.append("\r\nIf-None-Match: ")
      output.append(tag)
    }
    output.append("\r\n\r\n")
  }

  private func draw() -> (Kind, String) {
    let roll = Int.random(in: 0..<100, using: &random)
    if roll < options.listPercent { return (.list, targets.lists.randomElement(using: &random)!) }
    if roll < options.listPercent + options.searchPercent {
      return (.search, targets.searches.randomElement(using: &random)!)
    }
    let isPopular = Bool.random(using: &random)
    let count =
      isPopular ? min(BrowseTargets.popular, targets.products.count) : targets.products.count
    let product = targets.products[Int.random(in: 0..<count, using: &random)]
    return (.product, "/v1/products/\(product)")
  }

  func receive(_ response: Response, to number: Int) -> Int {
    guard let question = asked.removeValue(forKey: number) else {
      return BrowseOutcome.wrong.rawValue
    }
    return judge(response, question.kind, question.path, question.tag).rawValue
  }

  func fail(request number: Int, _ failure: ClientFailure) -> Int {
    asked[number] = nil
    guard case .malformed(let problem) = failure else { return BrowseOutcome.failed.rawValue }
    breaches.add("malformed answer: \(problem)")
    return BrowseOutcome.wrong.rawValue
  }

  private func judge(
    _ response: Response, _ kind: Kind, _ path: String, _ tag: String?
  ) -> BrowseOutcome {
    switch response.status {
    case 200
    where BrowseAnswer(of: response.body).isAnswer(kind == .product ? .object : .array):
      if let tag = response.header("ETag"), tags.count < Self.maximumTags { tags[path] = tag }
      return kind == .list ? .list : kind == .search ? .search : .product
    case 304 where tag != nil && response.body.isEmpty && response.header("ETag") == tag:
      return .unchanged
    case 503 where BrowseAnswer(of: response.body).isError("INTERNAL_RETRYABLE"):
      return .unavailable
    default:
      breaches.add("\(path): status \(response.status) with \(response.bodyText.prefix(300))")
      return .wrong
    }
  }
}
