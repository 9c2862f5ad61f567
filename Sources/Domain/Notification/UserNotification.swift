/// Something that happened to an order, a coupon or a wallet, for its user to know.
public struct UserNotification: Sendable, Equatable {
  /// Always the same for the same event; those of a user sort by it in the order of their happening.
  public let id: Identifier
  public let content: NotificationContent
  /// When it happened.
  public let createdAt: Instant
  /// The order's; nil for what belongs to no market.
  public let market: Market?

  public init(id: Identifier, content: NotificationContent, createdAt: Instant, market: Market?) {
    self.id = id
    self.content = content
    self.createdAt = createdAt
    self.market = market
  }

  /// What people read of it.
  public struct Text: Sendable, Equatable {
    /// A few words.
    public let title: String
    /// A sentence or two.
    public let body: String
  }

  /// Its text for people.
  ///
  /// - Parameter offset: minutes that the reader's clock is ahead of UTC.
  public func text(in language: Language, offset: Int = 0) -> Text {
    let date = DateText.minute(createdAt, in: language, offset: offset)
    return switch language {
    case .english: Text(title: content.kind.englishTitle, body: content.english(date, offset))
    case .korean: Text(title: content.kind.koreanTitle, body: content.korean(date, offset))
    }
  }
}
