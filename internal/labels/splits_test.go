package labels

import (
	"os"
	"path/filepath"
	"testing"
)

// As parse_csv_data of Alibaba-MIIL/ML_Decoder reads it (src_files/helper_functions/helper_functions.py): by position, a
// list as Python prints it, and the split.
const listTable = `,labels,
train/a.jpg,"[0, 12]",train
train/b.jpg,[3],train
val/c.jpg,"[12, 3]",val
`

func TestATableWithSplitsIsReadInParts(t *testing.T) {
	for split, want := range map[string][]string{
		"":      {"train/a.jpg +?+", "train/b.jpg ?+?", "val/c.jpg ?++"},
		"train": {"train/a.jpg +?+", "train/b.jpg ?+?"},
		"val":   {"val/c.jpg ?++"},
	} {
		check(t, formatCase{listTable, Options{Split: split}, Tags, "0 3 12", want}) // the classes are those of all parts
	}
	_, rep := mustParse(t, listTable, Options{Split: "val"})
	if rep.Count(OtherSplits) != 2 {
		t.Error(rep)
	}
	_, _, err := parse(listTable, Options{Split: "test"})
	wantError(t, err, `no image of split "test"`, "train and val")
	check(t, formatCase{"image,labels,split\na.jpg,dog,test\nb.jpg,cat,test\n", Options{Split: "val"}, Tags, "cat dog", []string{"a.jpg ?+", "b.jpg +?"}})
	_, _, err = parse("image,labels,split\na.jpg,dog,train\nb.jpg,cat,perhaps\na.jpg,cat,val\n", Options{MaxErrors: 2})
	wantError(t, err, `line 3: split "perhaps"`, `line 4: image "a.jpg" is in train and in val`)
}

func TestATableOfTagsHasAColumnOfAbsentOnes(t *testing.T) {
	check(t, formatCase{
		"image_path,pos_labels,neg_labels,split\na.jpg,['/m/02'],\"['/m/01', '/m/03']\",train\nb.jpg,[],['/m/02'],validation\n",
		Options{},
		Tags, "/m/01 /m/02 /m/03",
		[]string{"a.jpg -+-", "b.jpg ?-?"},
	})
	described := filepath.Join(t.TempDir(), "classes.csv")
	if err := os.WriteFile(described, []byte("LabelName,DisplayName\n/m/03,Elk\n/m/02,Dog\n/m/01,Cat\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	const text = "image,labels,negatives\na.jpg,[/m/02],\"[/m/01, /m/03]\"\n"
	check(t, formatCase{text, Options{ClassDescriptions: described}, Tags, "Elk Dog Cat", []string{"a.jpg -+-"}})
	check(t, formatCase{text, Options{ClassDescriptions: described, Classes: []string{"Cat"}, SkipOtherClasses: true}, Tags, "Cat", []string{"a.jpg -"}})
	_, _, err := parse("image,labels\na.jpg,[/m/09]\n", Options{ClassDescriptions: described})
	wantError(t, err, "line 2", "/m/09", "class descriptions")
}
