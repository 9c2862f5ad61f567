internal import Domain
internal import Foundation

/// How the limits of a moving admission rate are kept in a `jsonb` column.
struct AdaptiveRateDocument: Codable {
  var minimumPerSecond: Int
  var maximumP95Milliseconds: Int
  var maximumErrorPermille: Int

  static func encode(_ rate: AdaptiveRate) -> String {
    let document = AdaptiveRateDocument(
      minimumPerSecond: rate.minimumPerSecond,
      maximumP95Milliseconds: rate.maximumP95Milliseconds,
      maximumErrorPermille: rate.maximumErrorPermille)
    // A structure of integers: encoding it cannot fail.
    return String(decoding: (try? JSONEncoder().encode(document)) ?? Data("{}".utf8), as: UTF8.self)
  }

  static func read(_ text: String) -> AdaptiveRate? {
    guard let document = try? JSONDecoder().decode(Self.self, from: Data(text.utf8)) else {
      return nil
    }
    return AdaptiveRate(
      minimumPerSecond: document.minimumPerSecond,
      maximumP95Milliseconds: document.maximumP95Milliseconds,
      maximumErrorPermille: document.maximumErrorPermille)
  }
}
