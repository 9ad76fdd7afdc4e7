//! The rules of the law that are about acts, each of which the slow reading can leave out.

/// A rule that the reading can leave out. Without it some history must come to something else, or the comparison would
/// not notice a program that forgot it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// What changes the policy is in force once those who may have said so, and not because it stands in the file.
    ProperPolicyAlone,
    /// A role counts by the policy in force before the landing, and not by the branch's own.
    JudgedAtTheLanding,
    /// What has not landed is judged by the policy in force now.
    UnlandedAsIfNow,
    /// Robots approve and decide nothing, whoever lists them.
    RobotsApproveNothing,
    /// Whoever commits in another's name is an author too.
    CommitterIsAuthor,
    /// Until the one who is named says so, it cannot be told who wrote it.
    UnprovenAuthor,
    /// Nobody else says so for them.
    AffirmedByTheNamed,
    /// For who has left, or a robot, a policy person does who wrote none of it.
    VouchedForWhoLeft,
    /// Whom a message names as another author is one.
    CoAuthorIsAuthor,
    /// A merge with a text that no side has is written by who merged.
    MergeIsWritten,
    /// A robot in front of a commit does not hide who committed it.
    RobotHidesNobody,
    /// An author whom no policy lists makes a task one of unknown authors.
    AuthorsAreListed,
    /// Who asked for a change does not approve it.
    RequestorIsAuthor,
    /// Who did a part of its work is an author.
    WorkerIsAuthor,
    /// A forge's name off the trunk's own line proves nothing.
    ForgeOnTheLine,
    /// Nor on it where the trunk may be moved to a branch's own tip.
    NoFastForward,
    /// Trailers count in commits of one's own, and not in a message that somebody else wrote.
    TrailersOfOnesOwn,
    /// A file that says yes counts where its owner is that person.
    YesOfItsOwner,
    /// An unsigned act in the name of somebody with a key is a claim.
    WhoHasAKeySigns,
    /// A detached approval counts by a key that the policy lists for who signed it.
    SignedByAListedKey,
    /// It counts for the text that was signed, whoever brings it.
    SignedForTheText,
    /// And not once it was signed before what ended approvals.
    SignedBeforeTheEnd,
    /// And never again once it was taken away.
    SignedTextStaysWithdrawn,
    /// An act in somebody's name that another committed is a claim.
    ClaimsCountNothing,
    /// A merge approves and decides nothing itself.
    MergesApproveNothing,
    /// What was done in another book counts for nothing in this one.
    OwnBookAlone,
    /// A repair of a version that cannot be read approves and decides nothing.
    RepairsApproveNothing,
    /// Who wrote a version that cannot be read is an author.
    HiddenVersionIsWritten,
    /// What was taken away does not come back by a merge.
    WithdrawnStaysWithdrawn,
    /// An approval is for the text on which it was given.
    BoundToTheText,
    /// And for the code that there was.
    BoundToTheCode,
    /// Who cancels ends what was approved, whoever takes that back.
    CancellingEnds,
    /// Nobody but the board decides.
    BoardDecides,
    /// What others do to a decision does not undo the board's word.
    BoardsWordStands,
    /// The board itself takes a task from its list.
    BoardTakesBack,
    /// What others took from the list, nobody of the board has.
    TakenOffByTheBoard,
    /// Its word is outdated when the board itself changed the decision's text.
    BoundToItsOwnText,
    /// And when a task on its list is another.
    BoundToItsTasks,
    /// And when one came that was not there.
    BoundToAbsence,
    /// Who wrote a task does not decide it alone.
    NotDecidedAlone,
    /// With another member of the board behind it, they may.
    AnotherMemberBacks,
    /// Of words that do not know of each other the strictest counts.
    StrictestOfTheBoard,
}

impl Rule {
    pub(crate) const ALL: [Rule; 42] = [
        Rule::ProperPolicyAlone,
        Rule::JudgedAtTheLanding,
        Rule::UnlandedAsIfNow,
        Rule::RobotsApproveNothing,
        Rule::CommitterIsAuthor,
        Rule::UnprovenAuthor,
        Rule::AffirmedByTheNamed,
        Rule::VouchedForWhoLeft,
        Rule::CoAuthorIsAuthor,
        Rule::MergeIsWritten,
        Rule::RobotHidesNobody,
        Rule::AuthorsAreListed,
        Rule::RequestorIsAuthor,
        Rule::WorkerIsAuthor,
        Rule::ForgeOnTheLine,
        Rule::NoFastForward,
        Rule::TrailersOfOnesOwn,
        Rule::YesOfItsOwner,
        Rule::WhoHasAKeySigns,
        Rule::SignedByAListedKey,
        Rule::SignedForTheText,
        Rule::SignedBeforeTheEnd,
        Rule::SignedTextStaysWithdrawn,
        Rule::ClaimsCountNothing,
        Rule::MergesApproveNothing,
        Rule::OwnBookAlone,
        Rule::RepairsApproveNothing,
        Rule::HiddenVersionIsWritten,
        Rule::WithdrawnStaysWithdrawn,
        Rule::BoundToTheText,
        Rule::BoundToTheCode,
        Rule::CancellingEnds,
        Rule::BoardDecides,
        Rule::BoardsWordStands,
        Rule::BoardTakesBack,
        Rule::TakenOffByTheBoard,
        Rule::BoundToItsOwnText,
        Rule::BoundToItsTasks,
        Rule::BoundToAbsence,
        Rule::NotDecidedAlone,
        Rule::AnotherMemberBacks,
        Rule::StrictestOfTheBoard,
    ];
}
