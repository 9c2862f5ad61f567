internal import API
internal import Domain

/// Reads the option of market rules, with errors that name the option.
extension ParsedOptions {
  /// The rules of `--markets`; none without it.
  func markets() throws(UsageError) -> MarketBook {
    guard let path = text("markets") else { return .empty }
    let origin = "\(origin("markets")): \(path)"
    let json = try fileBytes(path, origin, atMost: MarketReader.maximumCount)
    do throws(APIError) {
      return try MarketReader.book(json: json)
    } catch {
      let field = error.details["field"]?.string ?? "the file"
      throw UsageError("\(origin): \(field) \(error.details["reason"]?.string ?? "is wrong")")
    }
  }
}
