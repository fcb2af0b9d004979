"""What the Compare tab says while it runs, in Chinese; a part of `sayings`, and read as that is."""

STUDY_SAID = {
    # the bench
    "{} of {} done": "已完成 {} / {}",
    "{}, about {} s each": "{}，每个约 {} 秒",
    "{}; {} skipped, to come at the end": "{}；跳过 {} 个，留到最后",
    "you are": "您是",
    "Nothing to judge yet: the other pictures are still to be made.": "暂时没有可评判的：其余图片尚未生成。",
    "That was all. Thank you!": "全部完成，谢谢！",
    "That was quick! Take the time to look at both pictures.": "好快！请花点时间看看两张图片。",
    "There is no vote to take back.": "没有可撤回的投票。",
    "You have voted on this pair already, perhaps in another tab.": "您已经为这一对投过票，也许是在另一个标签页里。",
    "This pair is not yours to judge.": "这一对不由您评判。",
    "A vote is one of {}, not {}.": "投票只能是 {} 之一，不能是 {}。",
    "A note has at most {} characters.": "备注最多 {} 个字符。",
    "Scores are whole numbers from 1 to 5 for {}.": "评分是 1 到 5 的整数，项目为 {}。",
    "Tags are of {}.": "标签只能取自 {}。",
    "A box is four numbers: left, top, right, bottom.": "方框是四个数：左、上、右、下。",
    "A box lies within the picture: its edges are fractions from 0 to 1, left before right.": (
        "方框须在图片之内：各边是 0 到 1 的小数，左小于右。"
    ),
    "A vote's id is a text of 1 to {} characters.": "投票的编号须为 1 到 {} 个字符。",
    # places in a study
    "Please choose a study first.": "请先选择一个研究。",
    "Please sign in first.": "请先登录。",
    "The invitation": "邀请",
    "The name is empty.": "名字为空。",
    "A name has at most {} characters, on one line.": "名字最多 {} 个字符，且只占一行。",
    "Such names are given to those who log in: take another.": "这样的名字留给登录的人，请另取一个。",
    'Somebody is called "{}" here: sign in with the token of that name, or take another.': (
        "这里已有人叫“{}”：请用该名字的令牌登录，或另取一个。"
    ),
    "This is the token of the study's owner: see below for the study and its results.": (
        "这是研究所有者的令牌：研究及其结果见下方。"
    ),
    "This is the owner's token: join under a name of your own to judge.": (
        "这是所有者的令牌：要评判，请用自己的名字加入。"
    ),
    "Only the study's owner may do this.": "只有研究的所有者可以这样做。",
    "This token is not known; the study may have been deleted.": "令牌未知；研究可能已被删除。",
    "This study is closed to newcomers: sign in with the token that you were given.": (
        "此研究不再接受新人：请用发给您的令牌登录。"
    ),
    "This study was deleted; the votes that it had are gone with it.": "此研究已被删除，其投票也随之消失。",
    "This study was deleted.": "此研究已被删除。",
    "There is no such study; it may have been deleted.": "没有这个研究；它可能已被删除。",
    "There is no study {}.": "没有研究 {}。",
    "Your token stands under “I have an invitation”: Enter brings you back.": (
        "您的令牌在“我有邀请码”处：点“进入”即可返回。"
    ),
    # running a study
    "Make the study": "创建研究",
    "Reading the file…": "正在读取文件……",
    "Items": "项目",
    "Pictures": "图片",
    "Annotators": "评判者",
    "Votes": "投票",
    "of {} made": "/ {} 已生成",
    "{} votes": "{} 票",
    "flagged": "已标记",
    "Nobody judges it yet.": "还没有人评判。",
    "All pictures are made.": "图片全部生成。",
    "The study is deleted.": "研究已删除。",
    "To delete the study, please type its title: {}": "要删除研究，请输入其标题：{}",
    'There is no annotator "{}" in this study.': "此研究中没有评判者“{}”。",
    "This study was loaded from its votes: no pictures can be made for it.": ("此研究由投票载入：无法为它生成图片。"),
    "“{}” needs the model {}, and another one runs here.": "“{}”需要模型 {}，而这里运行的是另一个。",
    "Its pictures can be made on the command line, by python -m unilip study run.": (
        "它的图片可以在命令行用 python -m unilip study run 生成。"
    ),
    "The studies cannot be opened here.": "这里无法打开研究。",
    "Please tell whoever runs this page; the other tabs work.": "请告诉本页的管理者；其他标签页可以使用。",
    "The studies cannot be read or written now: the disk may be full.": "现在无法读写研究：磁盘可能已满。",
    "Please try again.": "请再试一次。",
    "All votes are flagged annotators' and left out.": "所有投票都来自被标记的评判者，已被排除。",
    "There are no votes yet.": "还没有投票。",
    # making one
    "There is no file yet.": "还没有文件。",
    "Please give a table or a zip file.": "请给出表格或 zip 文件。",
    "Please give a file of votes.": "请给出投票文件。",
    "Please give a .csv, a .jsonl or a .zip file.": "请给出 .csv、.jsonl 或 .zip 文件。",
    "The number of annotators": "评判者人数",
    "This is not a zip file, or it is damaged or locked by a password.": "这不是 zip 文件，或已损坏，或有密码。",
    "There are no items.": "没有项目。",
    'The id "{}" stands twice.': "编号“{}”出现了两次。",
    "{} of {} input pictures are missing: those of {}.": "缺少输入图片（{} / {}）：{}。",
    "There are several tables, {}: please leave one.": "有多个表格：{}。请只留一个。",
    '"{}" is no folder in {}.': "“{}”不是 {} 中的文件夹。",
    'There is no folder "{}" in {}. Settings are written as name{} steps=20.': (
        "{1} 中没有文件夹“{0}”。设置写作 名称{2} steps=20。"
    ),
    "The zip file is too large: at most {} files and {} MB, unpacked.": "zip 文件太大：解压后最多 {} 个文件、{} MB。",
    "The zip file has a path that leads out of it: {}": "zip 文件中有指向其外的路径：{}",
    "There is no file {}.": "没有文件 {}。",
    "There is no folder {}.": "没有文件夹 {}。",
    "There is no file or folder {}.": "没有文件或文件夹 {}。",
    "{} of {} pictures are missing in {}: those of {}.": "{2} 中缺少图片（{0} / {1}）：{3}。",
    'There are two pictures of "{}" in {}: {} and {}.': "{1} 中有两张“{0}”的图片：{2} 和 {3}。",
    "{} names a picture outside of {}.": "{} 指定的图片在 {} 之外。",
    "{} cannot be read as CSV: {}.": "{} 无法作为 CSV 读取：{}。",
    "{} is no CSV, JSONL or JSON file.": "{} 不是 CSV、JSONL 或 JSON 文件。",
    '{} is no list of ImgEdit\'s edits: each key needs a "prompt" and an "id".': (
        "{} 不是 ImgEdit 的编辑列表：每个键需要 “prompt” 和 “id”。"
    ),
    "{} has neither GenEval's layout (00000/metadata.jsonl) nor ImgEdit's (one JSON file of edits).": (
        "{} 既不是 GenEval 的结构（00000/metadata.jsonl），也不是 ImgEdit 的（一个编辑的 JSON 文件）。"
    ),
    'The picture of "{}" by "{}"': "“{1}”的“{0}”图片",
    'The input picture of "{}"': "“{}”的输入图片",
    "{} cannot be used: {}": "{}无法使用：{}",
    "Steps are a whole number from 1 to {}, not {}.": "步数是 1 到 {} 之间的整数，不能是 {}。",
    "Guidance is a number from {} to {}, not {}.": "引导强度是 {} 到 {} 之间的数，不能是 {}。",
    "{} cannot be {}.": "{} 不能是 {}。",
    "The seed is a number from 0 to {}.": "种子是 0 到 {} 之间的数。",
    "Each comparison needs at least one annotator.": "每个比较至少需要一位评判者。",
    'Contestant "{}" needs either a folder of pictures or settings.': "参赛者“{}”需要图片文件夹或设置。",
    "That makes {} comparisons, more than {}: use fewer items.": "共有 {} 个比较，多于 {} 个：请减少项目。",
    "Record {} has no {}: this is no export of a study.": "第 {} 条记录没有 {}：这不是研究的导出文件。",
    "Record {} holds no {} as its {}: {}.": "第 {0} 条记录的 {2} 不是 {1}：{3}。",
    "Record {} holds no name of a picture as its {}: {}.": "第 {} 条记录的 {} 不是图片名：{}。",
    "Vote {} compares {} with itself.": "第 {} 票把 {} 与其自身比较。",
    "Vote {} contradicts an earlier one about what was shown there.": "第 {} 票与之前关于所示内容的一票矛盾。",
    "Vote {} contradicts an earlier one.": "第 {} 票与之前的一票矛盾。",
    '"{}" cannot be the name of an annotator.': "“{}”不能作评判者的名字。",
    "An annotator has judged the same pair at two positions, of which neither is a repeat.": (
        "一位评判者在两个位置评判了同一对，而两者都不是重复。"
    ),
    "The file lacks the vote at position {} of {}, which was repeated.": "文件缺少 {1} 在位置 {0} 的一票，它被重复过。",
    "{} has no {}; its columns are: {}.": "{} 缺少 {}；它的列是：{}。",
    "{} has an empty {}.": "{} 的 {} 为空。",
    "{} is not JSON.": "{} 不是 JSON。",
    "{} is not a JSON object.": "{} 不是 JSON 对象。",
    "{} is not text in UTF-8.": "{} 不是 UTF-8 文本。",
    "{} holds no votes.": "{} 中没有投票。",
    "{} is damaged: record {} cannot be read.": "{} 已损坏：无法读取第 {} 条记录。",
    "Votes are written to a .jsonl or a .csv file, not to {}.": "投票写入 .jsonl 或 .csv 文件，而不是 {}。",
    "Votes are read from a .jsonl or a .csv file, not from {}.": "投票从 .jsonl 或 .csv 文件读取，而不是 {}。",
    "A study needs a title of at most {} characters.": "研究需要标题，最多 {} 个字符。",
    "A study compares 2 to {} contestants, not {}.": "一个研究比较 2 到 {} 个参赛者，而不是 {} 个。",
    "Two contestants have the same name.": "两个参赛者同名。",
    "Settings here are those of this page's model: leave the model out.": "这里的设置属于本页的模型：请不要写模型。",
    "The share of repeats is a number from 0 to {}.": "重复的比例是 0 到 {} 之间的数。",
    'A setting is written name=value, not "{}".': "设置写作 名称=值，而不是“{}”。",
    "There is no setting {}; there are {}.": "没有设置 {}；可用的有 {}。",
}
