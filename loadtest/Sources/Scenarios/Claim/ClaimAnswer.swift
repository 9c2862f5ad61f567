internal import Domain

/// What the body of an answer to a claim says, as far as it is checked.
struct ClaimAnswer: JSONVisitor {
  /// The campaign that was asked for, as text.
  let campaign: Identifier

  private(set) var coupon: Identifier?
  private(set) var sequence: Int?
  private(set) var isSoldOut = false
  private(set) var isClosed = false
  private(set) var isRateLimited = false
  private(set) var isRetryable = false

  private var isOfCampaign = false
  private var isIssued = false
  private var hasIssueTime = false
  private var isAcknowledged = false
  private var envelope = AnswerEnvelope()
  private var isWellFormed = false

  init(of body: UnsafeRawBufferPointer, campaign: Identifier) {
    self.campaign = campaign
    isWellFormed = JSONScanner.scan(body, &self)
  }

  /// A coupon with all that api.md promises.
  var isCoupon: Bool {
    isWellFormed && envelope.hasObject && coupon != nil && sequence != nil && isOfCampaign
      && isIssued && hasIssueTime && isAcknowledged
  }

  /// An error in its envelope.
  var isError: Bool { isWellFormed && envelope.isError }

  mutating func member(_ name: UnsafeRawBufferPointer, _ value: JSONToken, depth: Int) {
    envelope.member(name, value, depth: depth)
    if depth == 2 { inner(name, value) }
  }

  private mutating func inner(_ name: UnsafeRawBufferPointer, _ value: JSONToken) {
    if name.isEqual(to: "coupon_id") {
      coupon = value.kind == .string ? Identifier(text: value.bytes) : nil
    } else if name.isEqual(to: "campaign_id") {
      isOfCampaign = value.kind == .string && Identifier(text: value.bytes) == campaign
    } else if name.isEqual(to: "sequence") {
      sequence = value.integer
    } else if name.isEqual(to: "status") {
      isIssued = value.isString("ISSUED")
    } else if name.isEqual(to: "issued_at") {
      hasIssueTime = value.kind == .string && value.bytes.count >= 20
    } else if name.isEqual(to: "acknowledged") {
      isAcknowledged = value.isString("hot") || value.isString("ledger")
    } else if name.isEqual(to: "code") {
      isSoldOut = value.isString("SOLD_OUT")
      isClosed = value.isString("CLOSED")
      isRateLimited = value.isString("RATE_LIMITED")
      isRetryable = value.isString("INTERNAL_RETRYABLE")
    }
  }
}
